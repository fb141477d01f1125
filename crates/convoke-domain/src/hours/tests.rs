//! What hours promise, by example in zones of each kind and by property.
