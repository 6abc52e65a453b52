//! What may follow the domain of an address: port, path and query.

/// The end of port, path and query behind a domain that ends at `at`.
pub(super) fn after_domain(text: &str, at: usize) -> usize {
    let end = port(text, at);
    let end = if text.get(end..).is_some_and(|rest| rest.starts_with('/')) { path(text, end + 1) } else { end };
    query(text, end).unwrap_or(end)
}

fn port(text: &str, at: usize) -> usize {
    let digits = text.get(at..).and_then(|rest| rest.strip_prefix(':'));
    match digits.map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count()) {
        Some(count) if count > 0 => at + 1 + count,
        _ => at,
    }
}

/// The end of the path that begins at `at`, behind its first slash: punctuation at the end is left out.
fn path(text: &str, at: usize) -> usize {
    let mut end = at;
    let mut here = at;
    while let Some(c) = text.get(here..).and_then(|rest| rest.chars().next()) {
        if c == '(' {
            let Some(closed) = parentheses(text, here) else { break };
            here = closed;
            end = here;
        } else if is_path_char(c) {
            here += c.len_utf8();
            if may_end_path(c) {
                end = here;
            }
        } else {
            break;
        }
    }
    end
}

/// The end of `(…)` with at most one further pair inside.
fn parentheses(text: &str, at: usize) -> Option<usize> {
    let inner = at + 1;
    let first = run(text, inner);
    match next(text, first)? {
        ')' if first > inner => Some(first + 1),
        '(' => {
            let nested = run(text, first + 1);
            if nested == first + 1 || next(text, nested)? != ')' {
                return None;
            }
            let last = run(text, nested + 1);
            (next(text, last)? == ')').then_some(last + 1)
        }
        _ => None,
    }
}

fn run(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find(|c| !is_path_char(c)).unwrap_or(rest.len())
}

fn next(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// The end of a query that begins with `?` at `at`.
pub(super) fn query(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?.strip_prefix('?')?;
    let mut end = None;
    for (offset, c) in rest.char_indices() {
        if !is_query_char(c) {
            break;
        }
        if may_end_query(c) {
            end = Some(at + 1 + offset + c.len_utf8());
        }
    }
    end
}

fn is_path_char(c: char) -> bool {
    !(c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '?'))
}

fn may_end_path(c: char) -> bool {
    !matches!(
        c,
        '!' | '*' | '"' | '\'' | '「' | '」' | ';' | ':' | '=' | ',' | '.' | '$' | '%' | '[' | ']' | '~' | '&' | '|' | '@'
    )
}

fn is_query_char(c: char) -> bool {
    may_end_query(c)
        || matches!(
            c,
            '!' | '?' | '*' | '\'' | '(' | ')' | ';' | ':' | '+' | '$' | '%' | '[' | ']' | '.' | ',' | '~' | '|' | '@' | '^'
        )
}

fn may_end_query(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '&' | '=' | '#' | '/' | '-') || is_international(c)
}

/// The `ucschar` and `iprivate` ranges of RFC 3987.
fn is_international(c: char) -> bool {
    match u32::from(c) {
        0xa0..=0xd7ff | 0xe000..=0xfdcf | 0xfdf0..=0xffef => true,
        code @ 0x1_0000.. => code & 0xffff <= 0xfffd,
        _ => false,
    }
}
