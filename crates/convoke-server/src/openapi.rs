//! The description of the API (OpenAPI 3.1), made from the routes themselves.
//!
//! What all routes have in common is added here, once: what identifies things in paths, who may ask (from
//! [`crate::access`]), and that failures are problem documents.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, PathItem, Ref, RefOr, Required, ResponseBuilder,
};

use axum::http::Method;
use convoke_api::problem::{MEDIA_TYPE, Problem};
use convoke_api::v1::conversation::ExportFormat;
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::access::{self, Who};

const SCHEME: &str = "token";

/// The description of all routes.
pub fn openapi() -> OpenApi {
    finished(crate::http::api().into_openapi())
}

/// Adds what all routes have in common.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("Convoke")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The native API: accounts, functions, conversations. Times are RFC 3339 in UTC, numbers end with their \
             unit, failures are problem documents with a stable `code`.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(SCHEME, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    // What only a query names is not collected by itself.
    components.schemas.insert(ExportFormat::name().into_owned(), ExportFormat::schema());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(path, &method, operation);
        }
    }
    document
}

/// The operations of a path, with their methods.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

fn complete(path: &str, method: &Method, operation: &mut Operation) {
    let named = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let parameters = operation.parameters.get_or_insert_default();
    parameters.splice(0..0, named.map(|name| RefOr::T(path_parameter(name))));
    let who = access::who(method, path).unwrap_or(Who::Operator);
    if who != Who::Anyone {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(SCHEME, [])]);
        let needs = format!("Needs {}.", access::needed(who));
        let told = operation.description.take().map_or(needs.clone(), |told| format!("{told}\n\n{needs}"));
        operation.description = Some(told);
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            "As asked.".clone_into(&mut response.description);
        }
    }
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let problem = ResponseBuilder::new().description("What is wrong.").content(MEDIA_TYPE, content).build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
}

fn path_parameter(name: &str) -> Parameter {
    let about = match name {
        "account" => "Id of the account.",
        "function" => "Id of the function, or its name.",
        "conversation" => "Id of the conversation.",
        "participant" => "A consumer's id or a user's number.",
        "skill" => "Id of the skill.",
        "user" => "Number of the user.",
        "token" => "Id of the token.",
        "client" => "Id of the client.",
        "key" => "Id of the app key.",
        "secret" => "Name of the secret.",
        "domain" => "A host name, exact or with one leading wildcard.",
        "consumer" => "Id of the consumer, or the brand's name for them.",
        "code" => "What exactly has to happen, for instance `YOU_ARE_CONNECTED_TO`.",
        "template" => "Id of the template.",
        "hours" => "Id of the working hours.",
        "occasions" => "Id of the special occasions.",
        "event" => "Id of the event, for instance `controllerbot_messaging_ttr`.",
        "invocation" => "Id of the invocation.",
        "schedule" => "Id of the schedule.",
        "webhook" => "Id of the webhook.",
        "letter" => "Id of the dead letter.",
        _ => "",
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
}
