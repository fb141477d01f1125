//! The contract, on conversations that the real machine decides.

#[cfg(test)]
mod generated_schema;
#[cfg(test)]
mod payload;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod surface;
