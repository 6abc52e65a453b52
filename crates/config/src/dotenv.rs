//! `.env.production` as Ruby's dotenv reads it. Own code: the crates for it reject or change forms that Rails accepts
//! (`KEY: value`, `\n` only inside double quotes). Commands in `$(…)` are refused, not run.

/// Pairs in the order of the file, or the line that cannot be read.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    let mut line_number = 0;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        line_number += 1;
        let trimmed = line.trim_start();
        if trimmed.trim().is_empty() || trimmed.starts_with('#') {
            rest = after;
            continue;
        }
        let statement = trimmed.strip_prefix("export ").unwrap_or(trimmed);
        let Some(split) = statement.find(['=', ':']) else {
            return Err(format!("line {line_number}: expected NAME=value"));
        };
        let (name, value) = statement.split_at(split);
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            return Err(format!("line {line_number}: {name:?} is not a variable name"));
        }
        let value = value.get(1..).unwrap_or_default().trim_start_matches([' ', '\t']);
        let (value, consumed_lines) =
            read_value(value, after, &pairs).map_err(|reason| format!("line {line_number}: {reason}"))?;
        pairs.push((name.to_owned(), value));
        rest = after;
        for _ in 0..consumed_lines {
            rest = rest.split_once('\n').map_or("", |(_, later)| later);
            line_number += 1;
        }
    }
    Ok(pairs)
}

/// The value and how many further lines a quoted one took.
fn read_value(first: &str, after: &str, known: &[(String, String)]) -> Result<(String, usize), String> {
    match first.chars().next() {
        Some(quote @ ('\'' | '"')) => {
            let mut body = first.get(1..).unwrap_or_default().to_owned();
            let mut lines = 0;
            let mut later = after;
            loop {
                if let Some(end) = closing(&body, quote) {
                    let inner = body.get(..end).unwrap_or_default();
                    return if quote == '\'' {
                        Ok((inner.to_owned(), lines))
                    } else {
                        Ok((expand(&unescape(inner), known)?, lines))
                    };
                }
                if later.is_empty() {
                    return Err("a quote is not closed".to_owned());
                }
                let (line, rest) = later.split_once('\n').unwrap_or((later, ""));
                body.push('\n');
                body.push_str(line);
                later = rest;
                lines += 1;
            }
        }
        _ => {
            let bare = first.split(" #").next().unwrap_or_default();
            let bare = if bare.starts_with('#') { "" } else { bare.trim_end() };
            Ok((expand(bare, known)?, 0))
        }
    }
}

fn closing(body: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '\\' if quote == '"' && !escaped => escaped = true,
            c if c == quote && !escaped => return Some(at),
            _ => escaped = false,
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('$') => out.push_str("\\$"),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

/// `$NAME` and `${NAME}` stand for variables further up in the file.
fn expand(text: &str, known: &[(String, String)]) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let before = rest.get(..at).unwrap_or_default();
        let tail = rest.get(at + 1..).unwrap_or_default();
        if let Some(kept) = before.strip_suffix('\\') {
            out.push_str(kept);
            out.push('$');
            rest = tail;
            continue;
        }
        out.push_str(before);
        if tail.starts_with('(') {
            return Err("commands in $(…) are not run; write the value itself".to_owned());
        }
        let braced = tail.strip_prefix('{');
        let from = braced.unwrap_or(tail);
        let end = from.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(from.len());
        let (name, later) = from.split_at(end);
        if name.is_empty() {
            out.push('$');
            rest = tail;
            continue;
        }
        out.push_str(known.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value));
        rest = if braced.is_some() { later.strip_prefix('}').unwrap_or(later) } else { later };
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn one(line: &str) -> String {
        parse(line).unwrap().remove(0).1
    }

    #[test]
    fn a_plain_value_ends_before_a_comment() {
        assert_eq!(one("A=b # c"), "b");
        assert_eq!(one("A: b"), "b");
        assert_eq!(one("export A=b"), "b");
        assert_eq!(one("A="), "");
        assert_eq!(one("A=a#b"), "a#b");
    }

    #[test]
    fn quotes_keep_what_is_in_them() {
        assert_eq!(one("A='b # \\n c'"), "b # \\n c");
        assert_eq!(one("A=\"b\\nc\""), "b\nc");
        assert_eq!(one("A=b\\nc"), "b\\nc");
        assert_eq!(one("A=\"line\nmore\""), "line\nmore");
    }

    #[test]
    fn earlier_variables_are_put_in() {
        let pairs = parse("A=x\nB=${A}y\nC=$A-$D").unwrap();
        assert_eq!(pairs[1].1, "xy");
        assert_eq!(pairs[2].1, "x-");
    }

    #[test]
    fn commands_and_open_quotes_are_refused() {
        assert!(parse("A=$(rm x)").unwrap_err().contains("line 1"));
        assert!(parse("B=1\nA=\"x").unwrap_err().contains("line 2"));
        assert!(parse("nonsense").is_err());
    }
}
