//! Reading JSON bodies so that whoever sent a wrong one learns which field is wrong.

use serde::de::DeserializeOwned;

use crate::problem::Invalid;

/// Reads a body.
///
/// # Errors
/// The field where reading failed, and what is wrong with it.
pub fn parse_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Invalid> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        // A body that is wrong as a whole has the path ".".
        let field = if path == "." { String::new() } else { path };
        Invalid::field(field, error.into_inner().to_string())
    })?;
    json.end().map_err(|error| Invalid::field("", error.to_string()))?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::problem::Problem;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading is tested")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tested")]
        count: u8,
    }

    fn problem(json: &str) -> Problem {
        parse_body::<Outer>(json.as_bytes()).unwrap_err().into()
    }

    #[test]
    fn the_wrong_field_is_named() {
        assert_eq!(problem(r#"{"inner":[{"count":1},{"count":"2"}]}"#).errors[0].field, "inner[1].count");
        assert_eq!(problem(r#"{"outer":1}"#).errors[0].field, "outer");
        assert!(problem("{}").detail.contains("missing field `inner`"));
    }

    #[test]
    fn broken_and_doubled_json_is_refused() {
        assert_eq!(problem("{").code, "request.invalid");
        assert_eq!(problem(r#"{"inner":[]} {}"#).status, 400);
    }
}
