//! The contract, on conversations that the real machine decides.

#[cfg(test)]
mod generated_schema;
mod payload;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod surface;
