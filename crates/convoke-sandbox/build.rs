//! Builds the guest: engine and glue to WebAssembly, prelude into its memory, the whole ahead of time to machine code.
//!
//! Promises: the same inputs give the same image; the product embeds only what was built here from locked sources. The
//! slow step (the C compiler, about a minute) is cached outside the clone, keyed by a hash of everything it reads.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

#[path = "../build_cache.rs"]
mod build_cache;
#[path = "build/engine.rs"]
mod engine;
#[path = "build/image.rs"]
mod image;
#[path = "build/layout.rs"]
mod layout;
#[path = "build/libraries.rs"]
mod libraries;
#[path = "src/guest/tunables.rs"]
mod tunables;
#[path = "build/wasm.rs"]
mod wasm;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the usual functions are called with, beside this crate.
const PAYLOAD: &str = "../../templates/ttr/payload.json";

fn main() -> Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let guest = here.join("../../guest").canonicalize()?;
    for watched in [
        "glue.c",
        "input.c",
        "memory.c",
        "plain.c",
        "usual",
        "build.mjs",
        "bundle.mjs",
        "shims",
        "package-lock.json",
        "prelude",
        "engine.wasm.sha256",
    ] {
        println!("cargo:rerun-if-changed={}", guest.join(watched).display());
    }
    for watched in ["build.rs", "build", "src/guest/tunables.rs", PAYLOAD] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let cache = build_cache::directory()?;
    let engine = engine::build(&guest, &cache)?;
    compare(&guest.join("engine.wasm.sha256"), &engine);
    wasm::check(&engine)?;

    libraries::build(&guest, &cache)?;
    let inputs = image::Inputs {
        prelude: image::read_scripts(&guest.join("prelude"))?,
        usual: image::read_scripts(&guest.join("usual"))?,
        payload: fs::read_to_string(here.join(PAYLOAD))?,
    };
    let target = env::var("TARGET")?;
    let key = image_key(&here, &engine, &inputs, &target)?;
    let cached = cache.join(format!("image-{key}.cwasm"));
    if !cached.is_file() {
        store(&cached, &image::compile(&engine, &inputs, &target)?)?;
    }
    build_cache::keep_latest(&cached, "image");
    fs::copy(&cached, PathBuf::from(env::var("OUT_DIR")?).join("base.cwasm"))?;
    println!("cargo:rustc-env=CONVOKE_IMAGE_HASH={key}");
    Ok(())
}

/// Everything that decides the image: inputs, the code that makes it, the compiler's version and settings.
fn image_key(here: &Path, engine: &[u8], inputs: &image::Inputs, target: &str) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(engine);
    hash.update(&inputs.payload);
    for (name, text) in inputs.prelude.iter().chain(&inputs.usual) {
        hash.update(name);
        hash.update([0]);
        hash.update(text);
        hash.update([0]);
    }
    for code in ["build.rs", "build/image.rs", "build/layout.rs", "build/wasm.rs", "src/guest/tunables.rs"] {
        hash.update(fs::read(here.join(code))?);
    }
    hash.update(wasmtime_line(&here.join("Cargo.toml"))?);
    hash.update(target);
    Ok(hex(&hash.finalize()))
}

/// The line that pins the compiler of the image.
fn wasmtime_line(manifest: &Path) -> Result<String> {
    let manifest = fs::read_to_string(manifest)?;
    let line = manifest.lines().find(|line| line.starts_with("wasmtime = {"));
    Ok(line.ok_or("Cargo.toml does not pin wasmtime for the build")?.to_owned())
}

/// Says when the engine differs from the one that was last recorded; a warning while only one kind of machine recorded it.
fn compare(recorded: &Path, engine: &[u8]) {
    let built = hex(&Sha256::digest(engine));
    let expected = fs::read_to_string(recorded).unwrap_or_default();
    if expected.trim() != built {
        println!("cargo:warning=guest/engine.wasm.sha256 says {}, built {built}", expected.trim());
    }
}

/// Writes whole or not at all: another build may read at the same time.
pub(crate) fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension(format!("partial-{}", std::process::id()));
    fs::write(&partial, bytes)?;
    fs::rename(&partial, path)?;
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
