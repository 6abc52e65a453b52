//! Text between quotation marks.

/// The offset of the closing quotation mark; `source` begins behind the opening one.
pub(super) fn end_of_quoted(source: &str, quote: char) -> Option<usize> {
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') {
                chars.next();
            } else {
                return Some(at);
            }
        }
    }
    None
}

/// The text that stands between the marks.
pub(super) fn unquoted(source: &str, quote: char) -> String {
    let mut text = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if quote == '\'' => {
                chars.next();
                text.push('\'');
            }
            '\\' if quote == '"' => push_escape(&mut text, &mut chars),
            '\n' => {
                text.truncate(text.trim_end_matches([' ', '\t']).len());
                let mut breaks = 0;
                while let Some(next) = chars.peek().copied().filter(|next| matches!(next, ' ' | '\t' | '\n')) {
                    breaks += usize::from(next == '\n');
                    chars.next();
                }
                push_folded(&mut text, breaks);
            }
            _ => text.push(c),
        }
    }
    text
}

fn push_escape(text: &mut String, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let Some(c) = chars.next() else { return };
    let digits = match c {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let code: String = chars.by_ref().take(digits).collect();
        text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
        return;
    }
    match c {
        '0' => text.push('\0'),
        'a' => text.push('\u{7}'),
        'b' => text.push('\u{8}'),
        't' | '\t' => text.push('\t'),
        'n' => text.push('\n'),
        'v' => text.push('\u{b}'),
        'f' => text.push('\u{c}'),
        'r' => text.push('\r'),
        'e' => text.push('\u{1b}'),
        'N' => text.push('\u{85}'),
        '_' => text.push('\u{a0}'),
        'L' => text.push('\u{2028}'),
        'P' => text.push('\u{2029}'),
        '\n' => while chars.next_if(|next| matches!(next, ' ' | '\t')).is_some() {},
        other => text.push(other),
    }
}

/// What line ends become when lines are joined: one a space, more of them one less.
pub(super) fn push_folded(text: &mut String, breaks: usize) {
    if breaks == 0 {
        text.push(' ');
    } else {
        text.extend(std::iter::repeat_n('\n', breaks));
    }
}
