//! The limits of a run at their edges: exactly as much as is allowed works, one more is refused by name.

use convoke_sandbox::Ending;
use convoke_sandbox::limits::{
    INPUT_BYTES_MAX, LOG_BYTES_MAX, LOG_ENTRIES_MAX, OPERATIONS_OUTSTANDING_MAX, RANDOM_BYTES_MAX,
    RESULT_BYTES_MAX, THROWN_BYTES_MAX,
};
use serde_json::json;

use crate::support::{run, value};

#[tokio::test]
async fn a_result_is_as_long_as_it_may_be_and_one_byte_more_is_none() {
    // Two of the bytes are the quotes of the text.
    let source = |length: usize| format!("async function lambda() {{ return 'x'.repeat({}); }}", length - 2);
    let fits = run(&source(RESULT_BYTES_MAX), "{}").await;
    assert!(matches!(&fits.ending, Ending::Returned { json: Some(json) } if json.len() == RESULT_BYTES_MAX));
    let over = run(&source(RESULT_BYTES_MAX + 1), "{}").await;
    assert_eq!(over.ending, Ending::ResultTooLarge { bytes: RESULT_BYTES_MAX + 1 });
}

#[tokio::test]
async fn as_many_log_entries_as_are_kept_have_no_mark_and_one_more_has() {
    let source = |entries: usize| {
        format!("async function lambda() {{ for (let i = 0; i < {entries}; i++) console.info('x'); }}")
    };
    let fits = run(&source(LOG_ENTRIES_MAX), "{}").await;
    assert_eq!((fits.logs.len(), fits.logs_truncated), (LOG_ENTRIES_MAX, false));
    let over = run(&source(LOG_ENTRIES_MAX + 1), "{}").await;
    assert_eq!((over.logs.len(), over.logs_truncated), (LOG_ENTRIES_MAX + 1, true));
    assert!(over.logs[LOG_ENTRIES_MAX].message.starts_with("Log truncated"));
}

#[tokio::test]
async fn as_many_log_bytes_as_are_kept_have_no_mark_and_one_more_has() {
    // Brackets and quotes belong to the entry.
    let source =
        |length: usize| format!("async function lambda() {{ console.info('x'.repeat({})); }}", length - 4);
    let fits = run(&source(LOG_BYTES_MAX), "{}").await;
    assert_eq!((fits.logs.len(), fits.logs_truncated), (1, false));
    let over = run(&source(LOG_BYTES_MAX + 1), "{}").await;
    assert!(over.logs_truncated && over.logs[0].message.starts_with("Log truncated"));
}

#[tokio::test]
async fn as_many_operations_as_may_be_outstanding_are_done_and_one_more_is_refused() {
    let body = |count: usize| {
        format!(
            "const all = Array.from({{ length: {count} }}, () => new Promise((resolve) => setTimeout(resolve, 1)));
             return (await Promise.all(all)).length"
        )
    };
    assert_eq!(value(&body(OPERATIONS_OUTSTANDING_MAX)).await, json!(OPERATIONS_OUTSTANDING_MAX));
    let source = format!("async function lambda() {{ {} }}", body(OPERATIONS_OUTSTANDING_MAX + 1));
    let over = run(&source, "{}").await;
    let Ending::Threw(thrown) = over.ending else { panic!("{:?}", over.ending) };
    assert!(thrown.message.contains("too many operations are outstanding"), "{thrown:?}");
}

#[tokio::test]
async fn as_many_random_bytes_as_are_given_at_once_are_given_and_one_more_is_refused() {
    let body = |bytes: usize| {
        format!(
            "try {{ return crypto.getRandomValues(new Uint8Array({bytes})).length; }} catch (e) {{ return e.name; }}"
        )
    };
    assert_eq!(value(&body(RANDOM_BYTES_MAX)).await, json!(RANDOM_BYTES_MAX));
    assert_eq!(value(&body(RANDOM_BYTES_MAX + 1)).await, json!("QuotaExceededError"));
}

#[tokio::test]
async fn an_input_is_as_large_as_it_may_be_and_not_larger() {
    let source = "async function lambda(input) { return input.payload.length; }";
    let frame = r#"{"payload":""}"#.len();
    let input = |bytes: usize| format!(r#"{{"payload":"{}"}}"#, "x".repeat(bytes - frame));
    let fits = run(source, &input(INPUT_BYTES_MAX)).await;
    assert_eq!(fits.ending, Ending::Returned { json: Some((INPUT_BYTES_MAX - frame).to_string()) });
    let over = run(source, &input(INPUT_BYTES_MAX + 1)).await;
    assert!(matches!(over.ending, Ending::HostUnavailable { .. }), "{:?}", over.ending);
}

#[tokio::test]
async fn what_is_turned_away_is_recorded_without_its_credentials_too() {
    let headers = r#"{"headers":[{"key":"Authorization","value":"Bearer of-nobody"}],"payload":""#;
    let input = format!(r#"{headers}{}"}}"#, "x".repeat(INPUT_BYTES_MAX));
    let execution = run("async function lambda() {}", &input).await;
    assert!(matches!(execution.ending, Ending::HostUnavailable { .. }), "{:?}", execution.ending);
    let kept = &execution.recording.input;
    assert!(kept.contains("[header authorization]") && !kept.contains("of-nobody"));
}

#[tokio::test]
async fn what_was_thrown_is_told_up_to_its_length() {
    let source =
        |length: usize| format!("async function lambda() {{ throw new Error('x'.repeat({length})); }}");
    for (length, told) in [(THROWN_BYTES_MAX, THROWN_BYTES_MAX), (THROWN_BYTES_MAX * 2, THROWN_BYTES_MAX)] {
        let execution = run(&source(length), "{}").await;
        let Ending::Threw(thrown) = execution.ending else { panic!("{:?}", execution.ending) };
        // A mark may say that it was cut.
        assert!(thrown.message.len() >= told && thrown.message.len() < told + 16, "{}", thrown.message.len());
    }
}
