//! Where new functions begin: the templates of the repository, built into the program.

use std::collections::BTreeMap;

use convoke_api::v1::template::Template;
use convoke_domain::function::EventBinding;
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../../templates"]
struct Files;

/// The templates, by id.
#[derive(Debug, Clone)]
pub struct Templates(BTreeMap<String, Template>);

/// `template.toml`; what a template is expected to answer is for its test.
#[derive(Deserialize)]
struct Head {
    id: String,
    title: String,
    #[serde(default)]
    event: Option<EventBinding>,
    generation: String,
    description: String,
}

impl Templates {
    /// The templates that are built in.
    ///
    /// # Panics
    /// If one of them is not whole, which the tests rule out.
    pub fn built_in() -> Self {
        let descriptions = Files::iter().filter(|path| path.ends_with("/template.toml"));
        let templates = descriptions.map(|path| {
            let folder = path.trim_end_matches("/template.toml");
            let template = read(folder).expect("every built-in template is whole");
            (template.id.clone(), template)
        });
        Self(templates.collect())
    }

    /// All of them, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.0.values()
    }

    /// The one with this id.
    pub fn get(&self, id: &str) -> Option<&Template> {
        self.0.get(id)
    }

    /// The one for this event.
    pub fn for_event(&self, event: EventBinding) -> Option<&Template> {
        self.iter().find(|template| template.event == Some(event))
    }
}

fn read(folder: &str) -> Option<Template> {
    let text =
        |name: &str| String::from_utf8(Files::get(&format!("{folder}/{name}"))?.data.into_owned()).ok();
    let head: Head = toml::from_str(&text("template.toml")?).ok()?;
    Some(Template {
        id: head.id,
        title: head.title,
        event: head.event,
        generation: head.generation,
        description: head.description,
        source: text("function.js")?,
        payload: serde_json::from_str(&text("payload.json")?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use convoke_domain::state_change::StateChangeEvent;

    use super::*;

    #[test]
    fn there_is_a_template_for_every_messaging_event_and_some_for_none() {
        let templates = Templates::built_in();
        for event in StateChangeEvent::ALL {
            assert!(templates.for_event(EventBinding::StateChange(event)).is_some(), "{event}");
        }
        assert!(templates.iter().filter(|template| template.event.is_none()).count() >= 3);
    }

    #[test]
    fn a_template_is_named_as_its_folder_and_has_code_and_a_sample() {
        for template in Templates::built_in().iter() {
            assert!(template.source.contains("lambda"), "{}", template.id);
            assert!(template.payload.is_object(), "{}", template.id);
            assert!(Files::get(&format!("{}/function.js", template.id)).is_some(), "{}", template.id);
        }
    }
}
