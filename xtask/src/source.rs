//! A Rust file seen without its comments and strings, so that a rule about code never fires on prose or on data.
//!
//! This is a scanner, not a parser: it knows comments, literals, braces and attributes. What macros make is invisible
//! to it.

use std::ops::Range;

/// A scanned file.
pub(crate) struct Source {
    /// From the root, with `/` between the parts.
    pub(crate) path: String,
    /// The text as written.
    pub(crate) text: String,
    /// The text with every byte of comments and of literals' contents replaced by a space; offsets and lines agree
    /// with `text`.
    pub(crate) code: String,
    /// The string literals, in order.
    pub(crate) literals: Vec<Literal>,
    tests: Vec<Range<usize>>,
    line_starts: Vec<usize>,
}

/// A string literal.
pub(crate) struct Literal {
    /// Where its opening quote is.
    pub(crate) offset: usize,
    /// What stands between the quotes, escapes unread.
    pub(crate) text: String,
}

/// A function with a body.
pub(crate) struct Function {
    pub(crate) name: String,
    /// From the keyword `fn` to the closing brace.
    pub(crate) span: Range<usize>,
}

impl Source {
    /// Scans `text`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, literals) = mask(text);
        let line_starts = std::iter::once(0).chain(code.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let tests = test_items(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, literals, tests, line_starts }
    }

    /// The line of a byte, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// How many lines there are.
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// How many lines stand outside `#[cfg(test)]` items.
    pub(crate) fn lines_without_tests(&self) -> usize {
        if self.is_test_module() {
            return 0;
        }
        let in_tests: usize = self
            .tests
            .iter()
            .map(|range| self.line(range.end.saturating_sub(1)) + 1 - self.line(range.start))
            .sum();
        self.lines().saturating_sub(in_tests)
    }

    /// Whether this byte belongs to tests: a file under `tests/`, a module file named `tests.rs`, or a `#[cfg(test)]`
    /// item.
    pub(crate) fn in_test(&self, offset: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Whether the whole file is tests.
    pub(crate) fn is_test_file(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.is_test_module()
    }

    fn is_test_module(&self) -> bool {
        self.path.ends_with("/tests.rs")
    }

    /// Where `word` stands in the code as a whole word.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        words(&self.code, word)
    }

    /// The code after `offset`, without leading white space.
    pub(crate) fn after(&self, offset: usize) -> &str {
        self.code[offset..].trim_start()
    }

    /// The functions that have a body, in order.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        for at in self.words("fn") {
            let rest = self.after(at + 2);
            let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
            if let Some(end) =
                item_end(&self.code, at).filter(|end| !name.is_empty() && self.code[..*end].ends_with('}'))
            {
                functions.push(Function { name, span: at..end });
            }
        }
        functions
    }

    /// The `impl` blocks: the name of the type, without path and generics, and the span of the block.
    pub(crate) fn impls(&self) -> Vec<(String, Range<usize>)> {
        let mut impls = Vec::new();
        for at in self.words("impl") {
            let before = self.code[self.line_starts[self.line(at) - 1]..at].trim();
            if !(before.is_empty() || before == "unsafe") {
                continue;
            }
            let (Some(open), Some(end)) = (self.code[at..].find('{'), item_end(&self.code, at)) else {
                continue;
            };
            let header = self.code[at + 4..at + open].trim();
            let named = header
                .rsplit_once(" for ")
                .map_or_else(|| without_generics(header), |(_, named)| named.trim());
            let path: &str = named.split(['<', ' ']).next().unwrap_or(named);
            impls.push((path.rsplit("::").next().unwrap_or(path).to_owned(), at..end));
        }
        impls
    }
}

/// Where `word` stands in `code` as a whole word.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '\'') && !after.is_some_and(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `<T: Bound> Type` without the leading `<…>`.
fn without_generics(header: &str) -> &str {
    if !header.starts_with('<') {
        return header;
    }
    let mut depth = 0_usize;
    for (at, c) in header.char_indices() {
        match c {
            '<' => depth += 1,
            // `->` inside a bound does not close anything.
            '>' if !header[..at].ends_with('-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return header[at + 1..].trim();
        }
    }
    header
}

/// The end of the item that starts at `start`: after its matching brace, or after its semicolon.
fn item_end(code: &str, start: usize) -> Option<usize> {
    let mut round = 0_i32;
    let mut curly = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => round += 1,
            b')' | b']' => round -= 1,
            b'{' => curly += 1,
            b'}' => {
                curly -= 1;
                if curly == 0 && round == 0 {
                    return Some(at + 1);
                }
            }
            b';' if curly == 0 && round == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The spans of the items under `#[cfg(test)]`, attribute included.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for (start, _) in code.match_indices("#[cfg(") {
        let Some(length) = code[start..].find(']') else { continue };
        let condition = &code[start..start + length];
        let is_test = words(condition, "test").next().is_some() && !condition.contains("not(");
        let nested = items.last().is_some_and(|item| item.contains(&start));
        if is_test && !nested {
            // The attribute's own brackets are balanced, so the item's end is the first one after them.
            if let Some(end) = item_end(code, start) {
                items.push(start..end);
            }
        }
    }
    items
}

/// Blanks comments and the contents of literals, and collects the string literals.
fn mask(text: &str) -> (String, Vec<Literal>) {
    let bytes = text.as_bytes();
    let mut masked = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let word_before = text[..at].chars().next_back().is_some_and(is_word);
        let (blank, next) = if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            (at..end, end)
        } else if rest.starts_with(b"/*") {
            let end = at + block_comment(rest);
            (at..end, end)
        } else if let Some(hashes) = raw_string(rest).filter(|_| !word_before || raw_prefix(bytes, at)) {
            let open = at + 1 + hashes;
            let closing = format!("\"{}", "#".repeat(hashes));
            let close = text[open + 1..].find(&closing).map_or(bytes.len(), |found| open + 1 + found);
            literals.push(Literal { offset: open, text: text[open + 1..close].to_owned() });
            (open + 1..close, (close + closing.len()).min(bytes.len()))
        } else if rest[0] == b'"' {
            let close = at + 1 + quoted(&rest[1..], b'"');
            literals.push(Literal { offset: at, text: text[at + 1..close].to_owned() });
            (at + 1..close, close + 1)
        } else if let Some(length) = character(&text[at..]) {
            (at + 1..at + length - 1, at + length)
        } else {
            (at..at, at + text[at..].chars().next().map_or(1, char::len_utf8))
        };
        for byte in &mut masked[blank] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = next;
    }
    (String::from_utf8(masked).expect("whole characters were blanked, none were cut"), literals)
}

/// The length of the block comment that `rest` starts with; they nest.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// How many `#` the raw string has that `rest` starts with.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"r")?;
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    (after.get(hashes) == Some(&b'"')).then_some(hashes)
}

/// Whether the `r` at `at` follows the `b` or `c` of a byte or C string, and no longer word.
fn raw_prefix(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|index| bytes[index]);
    let word = at.checked_sub(2).map(|index| bytes[index]);
    matches!(before, Some(b'b' | b'c'))
        && !word.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// How far the closing `quote` is, escapes skipped.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len().saturating_sub(1))
}

/// The length of the character literal that `rest` starts with, if it is one and not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return Some(quoted(inner.as_bytes(), b'\'') + 2);
    }
    let c = inner.chars().next()?;
    inner[c.len_utf8()..].starts_with('\'').then_some(c.len_utf8() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_not_code() {
        let text = "let a = \"sleep(\"; // sleep(\n/* sleep( /* nested */ sleep( */ b(r#\"x\" sleep(\"#, br\"sleep(\", '\"', 'a');";
        let source = Source::new("a.rs", text);
        assert!(!source.code.contains("sleep"), "{}", source.code);
        assert_eq!(source.code.len(), text.len());
        assert!(source.code.contains("b("));
        assert_eq!(source.literals.len(), 3);
        assert_eq!(source.literals[1].text, "x\" sleep(");
    }

    #[test]
    fn a_lifetime_is_not_the_start_of_a_character() {
        let source = Source::new("a.rs", "fn f<'a>(x: &'a str) -> &'static str { sleep(x) }");
        assert!(source.code.contains("sleep(x)"));
        assert_eq!(source.words("static").count(), 0);
    }

    #[test]
    fn an_item_under_cfg_test_is_test_and_what_follows_is_not() {
        let text =
            "fn a() {}\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n    fn b() { [1, 2]; }\n}\nfn c() {}\n";
        let source = Source::new("crates/x/src/a.rs", text);
        let in_test = |name: &str| source.in_test(text.find(name).expect("the text has this function"));
        assert_eq!((in_test("fn a"), in_test("fn b"), in_test("fn c")), (false, true, false));
        assert_eq!((source.lines(), source.lines_without_tests()), (7, 2));
    }

    #[test]
    fn cfg_not_test_is_not_test() {
        let source = Source::new("crates/x/src/a.rs", "#[cfg(not(test))]\nfn a() {}\n");
        assert!(!source.in_test(20));
    }

    #[test]
    fn files_under_tests_are_test() {
        assert!(Source::new("crates/x/tests/a.rs", "fn a() {}").in_test(0));
        assert!(Source::new("tests/x/src/a.rs", "fn a() {}").in_test(0));
        assert!(!Source::new("crates/x/src/a.rs", "fn a() {}").in_test(0));
    }

    #[test]
    fn functions_end_at_their_brace_and_declarations_have_none() {
        let source = Source::new(
            "a.rs",
            "trait T { fn a(x: [u8; 2]) -> u8; }\nfn b() -> u8 {\n    if x { 1 } else { 2 }\n}\n",
        );
        let functions = source.functions();
        assert_eq!(functions.len(), 1);
        assert_eq!((functions[0].name.as_str(), source.line(functions[0].span.end - 1)), ("b", 4));
    }

    #[test]
    fn impls_are_known_by_the_type_they_are_for() {
        let text = "impl A { }\nimpl<T: Fn() -> u8> fmt::Display for b::C<T> { }\nimpl<T> D<T> { }\nfn f() -> impl E { }\n";
        let source = Source::new("a.rs", text);
        let names: Vec<String> = source.impls().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["A", "C", "D"]);
    }
}
