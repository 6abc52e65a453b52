//! What a page tells other programs of itself, for previews of links to it.

/// Properties of OpenGraph and their like, in the order of the page.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    pub(crate) description: String,
    pub(crate) properties: Vec<(&'static str, String)>,
}

impl Meta {
    /// The common beginning. Line breaks of the description become blanks.
    pub(crate) fn new(kind: &str, site: &str, title: &str, address: &str, description: &str) -> Self {
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut meta = Self { description: description.clone(), properties: Vec::new() };
        meta.add("og:type", kind);
        meta.add("og:site_name", site);
        meta.add("og:title", title);
        meta.add("og:url", address);
        meta.add("og:description", description);
        meta
    }

    pub(crate) fn add(&mut self, property: &'static str, value: impl Into<String>) {
        self.properties.push((property, value.into()));
    }

    /// A picture with its size in pixels, where that is known.
    pub(crate) fn add_picture(&mut self, address: &str, size: Option<(u64, u64)>, description: Option<&str>) {
        self.add("og:image", address);
        if let Some((width, height)) = size {
            self.add("og:image:width", width.to_string());
            self.add("og:image:height", height.to_string());
        }
        if let Some(description) = description.filter(|text| !text.trim().is_empty()) {
            self.add("og:image:alt", description);
        }
    }
}
