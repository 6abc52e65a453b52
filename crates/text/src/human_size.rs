//! Sizes of files as people read them.

const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];

/// Three significant digits and the unit, a thousand-and-twenty-four of which make the next: `1 Byte`, `1.5 KB`, `120 MB`. Negative
/// sizes count as none.
#[must_use]
pub fn human_size(bytes: i64) -> String {
    let bytes = u128::try_from(bytes).unwrap_or_default();
    if bytes < 1024 {
        return if bytes == 1 { "1 Byte".to_owned() } else { format!("{bytes} Bytes") };
    }
    let mut unit = 1024_u128;
    let mut name = "KB";
    for next in UNITS.iter().skip(1) {
        if bytes / unit < 1024 {
            break;
        }
        unit *= 1024;
        name = next;
    }
    format!("{} {name}", significant(bytes, unit))
}

/// `bytes / unit` with three digits, rounded half up, without zeros at the end of a fraction.
fn significant(bytes: u128, unit: u128) -> String {
    let rounded = |scale: u128, unit: u128| (2 * bytes * scale + unit) / (2 * unit);
    let (scale, width) = match bytes / unit {
        0..10 => (100, 2),
        10..100 => (10, 1),
        100..1000 => (1, 0),
        _ => return (rounded(1, 10 * unit) * 10).to_string(),
    };
    let number = rounded(scale, unit);
    if width == 0 {
        return number.to_string();
    }
    let fraction = format!("{:0width$}", number % scale);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { (number / scale).to_string() } else { format!("{}.{fraction}", number / scale) }
}

#[cfg(test)]
mod tests {
    use super::human_size;

    // As Rails writes them, by its documentation.
    #[test]
    fn sizes_have_three_digits() {
        for (bytes, text) in [
            (0, "0 Bytes"),
            (1, "1 Byte"),
            (123, "123 Bytes"),
            (1234, "1.21 KB"),
            (12_345, "12.1 KB"),
            (1_234_567, "1.18 MB"),
            (1_234_567_890, "1.15 GB"),
            (1_234_567_890_123, "1.12 TB"),
            (1_234_567_890_123_456, "1.1 PB"),
            (1_234_567_890_123_456_789, "1.07 EB"),
            (1024, "1 KB"),
            (10_239, "10 KB"),
            (1_047_552, "1020 KB"),
        ] {
            assert_eq!(human_size(bytes), text, "{bytes}");
        }
    }
}
