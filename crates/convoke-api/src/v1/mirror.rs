//! Enums of the domain, said again for the wire: the same variants, converted both ways.

/// Defines a wire enum with the variants of a domain enum, in snake case, and `From` in both directions. A variant that
/// the domain gains stops the build.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $domain:path { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                use $domain as Domain;
                match value { $(Domain::$variant => Self::$variant,)* }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                use $domain as Domain;
                match value { $($name::$variant => Domain::$variant,)* }
            }
        }
    };
}
