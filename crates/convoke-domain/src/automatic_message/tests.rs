//! Which automatic message goes out, by table.
