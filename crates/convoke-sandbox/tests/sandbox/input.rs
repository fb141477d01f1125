//! The input that a function receives is what `JSON.parse` makes of its text, whatever the text.

use convoke_sandbox::{Ending, Program, Sandbox};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::{given, program, run, sandbox};

/// Compares `input.value`, as the reader made it, with what `JSON.parse` makes of `input.text`; then changes both alike and
/// compares again, as values that share what they must not share would differ then.
const COMPARE: &str = r"
  function difference(ours, theirs, path) {
    if (typeof ours !== typeof theirs) return path + ' has another type';
    if (ours === null || typeof ours !== 'object') return Object.is(ours, theirs) ? '' : path + ' is another value';
    if (Object.getPrototypeOf(ours) !== Object.getPrototypeOf(theirs)) return path + ' has another prototype';
    if (Array.isArray(ours) !== Array.isArray(theirs)) return path + ' is another kind of object';
    const keys = Reflect.ownKeys(ours), other = Reflect.ownKeys(theirs);
    if (keys.length !== other.length || keys.some((key, n) => key !== other[n])) return path + ' has the keys ' + keys + ' instead of ' + other;
    for (const key of keys) {
      const one = Object.getOwnPropertyDescriptor(ours, key), two = Object.getOwnPropertyDescriptor(theirs, key);
      if (['writable', 'enumerable', 'configurable'].some((flag) => one[flag] !== two[flag])) return path + '.' + key + ' has other flags';
      const within = difference(one.value, two.value, path + '.' + key);
      if (within) return within;
    }
    return '';
  }
  let turns = 0;
  function change(value) {
    if (value === null || typeof value !== 'object') return;
    for (const key of Reflect.ownKeys(value)) change(value[key]);
    turns += 1;
    if (turns % 2) value['added' + turns] = turns;
    if (turns % 3 === 0) delete value[Object.keys(value)[0]];
    if (turns % 5 === 0) Object.freeze(value);
  }
  function lambda(input) {
    const parsed = JSON.parse(input.text);
    const first = difference(input.value, parsed, 'input');
    if (first) return first;
    turns = 0;
    change(input.value);
    turns = 0;
    change(parsed);
    return difference(input.value, parsed, 'changed input');
  }
";

/// What differs for this text; empty if nothing does.
async fn difference(sandbox: &Sandbox, compare: &Program, text: &str) -> String {
    let input = format!(r#"{{"text":{},"value":{text}}}"#, json!(text));
    let ending = sandbox.run(compare, given(&input)).await.ending;
    let Ending::Returned { json: Some(json) } = ending else { return format!("{ending:?}") };
    serde_json::from_str(&json).unwrap()
}

fn in_turn<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[tokio::test]
async fn texts_that_mislead_readers_give_what_json_parse_gives() {
    let (many, deep) = (300, 200);
    let wide: Vec<String> = (0..many).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let texts = [
        r#"{"a":1,"b":2,"a":3}"#.to_owned(),
        r#"{"__proto__":{"x":1},"constructor":2,"toString":null}"#.into(),
        r#"{"b":1,"10":2,"9":3,"a":4,"-1":5,"01":6,"4294967295":7,"2147483648":8}"#.into(),
        r#"{"":1," ":2,"\u0061":3,"a":4,"ä":5,"\ud83d\ude00":6}"#.into(),
        r#"["\ud800","\udc00x","\ud83d\ude00","😀","é","\u0000","\"\\\/\b\f\n\r\t","]}\","]"#.into(),
        "[0,-0,1,-1,2147483647,2147483648,-2147483648,-2147483649,4294967296]".into(),
        "[9007199254740991,9007199254740993,123456789012345,1234567890123456,100000000000000000000]".into(),
        "[0.1,1e3,1E-7,-1.5e+300,1e400,-1e400,5e-324,0e5,-0.0,1e21]".into(),
        format!("{{{}}}", wide.join(",")),
        format!("[{}]", vec![r#"{"a":1,"b":[2]}"#; many].join(",")),
        format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", r#"{"a":"#.repeat(deep), "}".repeat(deep)),
        " \t\r\n[ \n{ \"a\" : [ ] , \"b\" : { } } , true , false , null ] ".into(),
    ];
    let sandbox = sandbox();
    let compare = program(&sandbox, COMPARE);
    for text in texts {
        assert_eq!(difference(&sandbox, &compare, &text).await, "", "{text}");
    }
}

#[tokio::test]
async fn a_text_that_is_no_json_fails_with_the_words_of_json_parse() {
    let texts = [
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "01",
        "-",
        "1.",
        "1e",
        "+1",
        "tru",
        "trues",
        "nul",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\n\"",
        "'a'",
        "[1]]",
        "{}x",
        "\u{a0}1",
        "NaN",
        "\"\\u12\"",
    ];
    for text in texts {
        let Ending::Threw(ours) = run("function lambda() { return 1; }", text).await.ending else {
            panic!("{text:?} was read")
        };
        let parsing = "function lambda(text) { return JSON.parse(text); }";
        let Ending::Threw(theirs) = run(parsing, &json!(text).to_string()).await.ending else {
            panic!("JSON.parse reads {text:?}")
        };
        assert_eq!((ours.name, ours.message), (theirs.name, theirs.message), "{text:?}");
    }
}

/// JSON as programs and people write it: any spacing, keys that repeat, numbers and escapes of all kinds.
fn texts() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?";
    let string =
        r#""([ -!#-\[\]-~]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\ud83d\\ude0[0-9]|[à-ü]|[😀-😆]){0,12}""#;
    let key = r#""([a-c]|[a-c]{2}|[0-9]{1,2}|__proto__|length|\\u006[1-3]|ä)""#;
    let leaf = prop_oneof![
        number.boxed(),
        string.boxed(),
        Just("true".to_owned()).boxed(),
        Just("false".to_owned()).boxed(),
        Just("null".to_owned()).boxed(),
    ];
    let space = "[ \n\t\r]{0,2}";
    leaf.prop_recursive(6, 80, 12, move |inner| {
        let list = proptest::collection::vec((space, inner.clone(), space), 0..8);
        let members = proptest::collection::vec((space, key, space, inner), 0..8);
        let array = list.prop_map(|list| {
            let list: Vec<String> =
                list.into_iter().map(|(before, one, after)| before + &one + &after).collect();
            format!("[{}]", list.join(","))
        });
        let object = members.prop_map(|members| {
            let one = |(before, key, after, value): (String, String, String, String)| {
                format!("{before}{key}{after}:{before}{value}{after}")
            };
            format!("{{{}}}", members.into_iter().map(one).collect::<Vec<_>>().join(","))
        });
        prop_oneof![array, object]
    })
}

#[test]
fn any_json_gives_what_json_parse_gives() {
    let sandbox = sandbox();
    let compare = program(&sandbox, COMPARE);
    let mut runner = TestRunner::new(Config { cases: 3_000, ..Config::default() });
    let held = runner.run(&texts(), |text| {
        prop_assert_eq!(in_turn(difference(&sandbox, &compare, &text)), "");
        Ok(())
    });
    held.unwrap();
}

/// What a run said or threw, without its stack.
async fn said(sandbox: &Sandbox, program: &Program, input: &str) -> Result<Option<String>, String> {
    let ending = sandbox.run(program, given(input)).await.ending;
    if let Ending::Returned { json } = ending {
        return Ok(json);
    }
    let Ending::Threw(thrown) = ending else { return Err(format!("{ending:?}")) };
    Err(format!("{}: {}", thrown.name, thrown.message))
}

#[test]
fn a_damaged_text_gives_what_json_parse_gives() {
    let sandbox = sandbox();
    let echo = program(&sandbox, "function lambda(input) { return input; }");
    let parse = program(&sandbox, "function lambda(text) { return JSON.parse(text); }");
    let damage = (texts(), any::<prop::sample::Index>(), r#"[\[\]{}:,"0-9eE+\-.tfn\\ a]?"#);
    let mut runner = TestRunner::new(Config { cases: 2_000, ..Config::default() });
    let held = runner.run(&damage, |(text, place, instead)| {
        let mut characters: Vec<char> = text.chars().collect();
        let place = place.index(characters.len());
        characters.splice(place..=place, instead.chars());
        let text: String = characters.into_iter().collect();
        let (ours, theirs) = in_turn(async {
            (said(&sandbox, &echo, &text).await, said(&sandbox, &parse, &json!(text).to_string()).await)
        });
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
    held.unwrap();
}
