//! The arrows between the packages, and one door to each outside system. See `ARCHITECTURE.md`.

#![expect(clippy::expect_used, reason = "a test ends where something is not as it must be")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// From bottom to top. A package may use those on lower lines, not its own line's.
const LAYERS: &[&[&str]] = &[
    &["ferrodon-config", "ferrodon-push", "ferrodon-text"],
    &["ferrodon-http-client", "ferrodon-db", "ferrodon-kv", "ferrodon-media"],
    &["ferrodon-jobs"],
    &["ferrodon-activitypub", "ferrodon-entities"],
    &["ferrodon-services"],
    &["ferrodon-inbox"],
    &["ferrodon-server-shared"],
    &["ferrodon-server-api", "ferrodon-server-federation", "ferrodon-server-pages"],
    &["ferrodon", "ferrodon-worker", "ferrodon-streaming"],
    &["ferrodon-testing"],
    &["ferrodon-tests"],
];

/// What only one package may use: the outside system's door. Packages for tests stand outside this rule.
const DOORS: &[(&str, &str)] = &[
    ("reqwest", "ferrodon-http-client"),
    ("hickory-resolver", "ferrodon-http-client"),
    ("redis", "ferrodon-kv"),
    ("image", "ferrodon-media"),
    ("fast_image_resize", "ferrodon-media"),
    ("rsa", "ferrodon-activitypub"),
    ("lettre", "ferrodon-worker"),
];

const TEST_PACKAGES: &[&str] = &["ferrodon-testing", "ferrodon-tests"];

/// Normal dependencies of each of our packages, by package name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    metadata
        .packages
        .iter()
        .map(|package| {
            let used = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal).map(|d| d.name.clone());
            (package.name.to_string(), used.collect())
        })
        .collect()
}

fn layer_of(package: &str) -> Option<usize> {
    LAYERS.iter().position(|line| line.contains(&package))
}

#[test]
fn every_package_stands_on_one_line_of_the_map() {
    for package in dependencies().keys() {
        assert!(layer_of(package).is_some(), "{package} is not on the map in tests/architecture.rs");
    }
}

#[test]
fn a_package_uses_only_what_is_below_it() {
    let mut faults = Vec::new();
    for (package, used) in dependencies() {
        let own = layer_of(&package);
        for other in used {
            if let Some(layer) = layer_of(&other)
                && own.is_some_and(|own| layer >= own)
            {
                faults.push(format!("{package} must not use {other}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_outside_system_has_one_door() {
    let mut faults = Vec::new();
    for (package, used) in dependencies() {
        for (system, door) in DOORS {
            if used.contains(*system) && package != *door && !TEST_PACKAGES.contains(&package.as_str()) {
                faults.push(format!("{package} must not use {system}; its door is {door}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
