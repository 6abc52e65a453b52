//! Writing, to the letter as Ruby's Psych with libyaml does.

use serde_json::Value;

use super::scalar::is_ambiguous;
use crate::chars::is_word;

/// libyaml breaks lines at spaces behind this column.
const WIDTH: usize = 80;

/// One YAML document with its `---`.
///
/// The streaming server compares stored documents letter by letter, so this must be the spelling of Rails.
pub fn dump(value: &Value) -> String {
    let mut out = Emitter { out: String::from("---"), column: 3 };
    match value {
        Value::Null => {}
        Value::Object(map) if !map.is_empty() => {
            out.newline(0);
            out.mapping(map, 0, false);
            return out.out;
        }
        Value::Array(list) if !list.is_empty() => {
            out.newline(0);
            out.sequence(list, 0, false);
            return out.out;
        }
        other => {
            out.push(" ");
            out.scalar(other, 0);
        }
    }
    out.end_line();
    out.out
}

struct Emitter {
    out: String,
    column: usize,
}

impl Emitter {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn newline(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn end_line(&mut self) {
        if !self.out.ends_with('\n') || self.column > 0 {
            self.newline(0);
        }
    }

    fn mapping(&mut self, map: &serde_json::Map<String, Value>, indent: usize, started: bool) {
        for (index, (key, value)) in map.iter().enumerate() {
            if index > 0 || !started {
                self.indent(indent);
            }
            self.string(key, indent, true);
            self.push(":");
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    self.newline(0);
                    self.mapping(inner, indent + 2, false);
                }
                Value::Array(inner) if !inner.is_empty() => {
                    self.newline(0);
                    self.sequence(inner, indent, false);
                }
                Value::Null => self.end_line(),
                other => {
                    self.push(" ");
                    self.scalar(other, indent);
                    self.end_line();
                }
            }
        }
    }

    fn sequence(&mut self, list: &[Value], indent: usize, started: bool) {
        for (index, value) in list.iter().enumerate() {
            if index > 0 || !started {
                self.indent(indent);
            }
            self.push("-");
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    self.push(" ");
                    self.mapping(inner, indent + 2, true);
                }
                Value::Array(inner) if !inner.is_empty() => {
                    self.push(" ");
                    self.sequence(inner, indent + 2, true);
                }
                Value::Null => self.end_line(),
                other => {
                    self.push(" ");
                    self.scalar(other, indent);
                    self.end_line();
                }
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        if self.column > 0 {
            self.newline(0);
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(text) => self.string(text, indent, false),
            Value::Array(_) => self.push("[]"),
            Value::Object(_) => self.push("{}"),
            Value::Null => {}
            other => self.push(&other.to_string()),
        }
    }

    fn string(&mut self, text: &str, indent: usize, simple_key: bool) {
        let style = style(text, simple_key);
        self.styled(text, style, indent + 2, simple_key);
    }

    fn styled(&mut self, text: &str, style: Style, indent: usize, simple_key: bool) {
        match style {
            Style::Plain => self.flowed(text, indent, simple_key, false),
            Style::Single => {
                self.push("'");
                self.flowed(text, indent, simple_key, true);
                self.push("'");
            }
            Style::Double => self.double(text, indent, simple_key),
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Plain and single-quoted text: long lines are broken at single spaces, line ends are doubled.
    fn flowed(&mut self, text: &str, indent: usize, simple_key: bool, quoted: bool) {
        let chars: Vec<char> = text.chars().collect();
        let at = |index: usize| chars.get(index).copied();
        let (mut spaces, mut breaks) = (false, false);
        for (index, c) in chars.iter().copied().enumerate() {
            let edge = quoted && (index == 0 || index + 1 == chars.len());
            if c == ' ' {
                if !simple_key && !spaces && !edge && self.column > WIDTH && at(index + 1) != Some(' ') {
                    self.newline(indent);
                } else {
                    self.push(" ");
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.newline(0);
                }
                self.newline(0);
                breaks = true;
            } else {
                if breaks {
                    self.pad(indent);
                }
                if quoted && c == '\'' {
                    self.push("'");
                }
                self.push(c.encode_utf8(&mut [0; 4]));
                (spaces, breaks) = (false, false);
            }
        }
        if breaks {
            self.pad(indent);
        }
    }

    fn pad(&mut self, indent: usize) {
        while self.column < indent {
            self.push(" ");
        }
    }

    fn double(&mut self, text: &str, indent: usize, simple_key: bool) {
        self.push("\"");
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (index, c) in chars.iter().copied().enumerate() {
            if c == ' ' {
                let inside = index > 0 && index + 1 < chars.len();
                if !simple_key && !spaces && inside && self.column > WIDTH {
                    self.newline(indent);
                    if chars.get(index + 1) == Some(&' ') {
                        self.push("\\");
                    }
                } else {
                    self.push(" ");
                }
                spaces = true;
            } else {
                self.push(&escaped(c));
                spaces = false;
            }
        }
        self.push("\"");
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.push("|");
        if text.starts_with([' ', '\n']) {
            self.push("2");
        }
        let ends = text.chars().rev().take_while(|c| *c == '\n').count();
        match ends {
            0 => self.push("-"),
            1 => {}
            _ => self.push("+"),
        }
        self.newline(0);
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.newline(0);
            }
            if !line.is_empty() {
                self.pad(indent);
                self.push(line);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// First what Psych asks for, then what libyaml makes of it.
fn style(text: &str, simple_key: bool) -> Style {
    let wanted = wanted_style(text);
    let traits = Traits::of(text);
    let multiline = traits.has_break;
    match wanted {
        Style::Plain if text.is_empty() || !traits.plain || (simple_key && multiline) || traits.special => {
            if traits.single && !traits.special && !(simple_key && multiline) { Style::Single } else { Style::Double }
        }
        Style::Single if !traits.single || traits.special || (simple_key && multiline) => Style::Double,
        Style::Literal if !traits.block || traits.special || simple_key => Style::Double,
        other => other,
    }
}

fn wanted_style(text: &str) -> Style {
    if text.trim_end_matches('\n').len() + 1 < text.len() || text.strip_suffix('\n').unwrap_or(text).contains('\n') {
        return Style::Literal;
    }
    if matches!(text, "y" | "Y" | "n" | "N") {
        return Style::Double;
    }
    // Also true for a later line, but those are literal already.
    let mut rest = text.chars();
    if rest.next().is_some_and(|c| !is_word(c)) && !rest.as_str().contains('"') {
        return Style::Double;
    }
    if is_ambiguous(text) || is_octal_float(text) {
        return if text.is_empty() { Style::Plain } else { Style::Single };
    }
    Style::Plain
}

fn is_octal_float(text: &str) -> bool {
    let rest = text.trim_start_matches(|c| matches!(c, '0'..='7'));
    text.starts_with('0') && rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// What libyaml's analysis says about a scalar.
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
    special: bool,
    has_break: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let at = |index: usize| chars.get(index).copied();
        let blank_after = |index: usize| at(index + 1).is_none_or(|c| matches!(c, ' ' | '\t') || is_break(c));
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut has_break) = (false, false);
        let (mut space_break, mut break_space) = (false, false);
        let mut previous = ' ';
        for (index, c) in chars.iter().copied().enumerate() {
            let preceded = index == 0 || matches!(previous, ' ' | '\t') || is_break(previous);
            indicators |= if index == 0 { is_leading_indicator(c) } else { false }
                || (c == ':' && blank_after(index))
                || (index == 0 && matches!(c, '-' | '?') && blank_after(index))
                || (c == '#' && preceded);
            special |= !is_printable(c);
            has_break |= is_break(c);
            space_break |= previous == ' ' && index > 0 && is_break(c);
            break_space |= index > 0 && is_break(previous) && c == ' ';
            previous = c;
        }
        let edge_space = text.starts_with(' ') || text.ends_with(' ');
        let edge_break = text.starts_with(is_break) || text.ends_with(is_break);
        Self {
            plain: !(edge_space || edge_break || break_space || space_break || indicators || has_break),
            single: !(break_space || space_break),
            block: !(text.ends_with(' ') || space_break),
            special: special || space_break,
            has_break,
        }
    }
}

fn is_leading_indicator(c: char) -> bool {
    matches!(c, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// libyaml prints only the basic plane as it is.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

fn escaped(c: char) -> String {
    let short = match c {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{a0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ if is_printable(c) => return c.to_string(),
        _ => {
            return match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    short.to_owned()
}
