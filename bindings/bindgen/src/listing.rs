//! What apps see of the library, one line a thing, in no language's own words.

use std::fmt::Write as _;

use anyhow::Result;
use camino::Utf8Path;
use uniffi_bindgen::interface::{
    Argument, AsType, Callable, ComponentInterface, Field, Type, Variant,
};
use uniffi_bindgen::{BindgenLoader, GlobalConfig};

use crate::paths;

/// Lists what a built library exports, everything in the order of its name.
///
/// # Errors
/// When the library cannot be read.
pub fn listing(library: &Utf8Path) -> Result<String> {
    let loader = BindgenLoader::new(paths(), GlobalConfig::default());
    let interfaces = loader.load_cis(loader.load_metadata(library)?)?;
    let mut things: Vec<String> = interfaces.iter().flat_map(things_of).collect();
    things.sort();
    Ok(things.join("\n"))
}

fn things_of(interface: &ComponentInterface) -> Vec<String> {
    let functions = interface.function_definitions().iter();
    let functions = functions.map(|one| format!("function {}\n", call(one.name(), one)));
    let objects = interface.object_definitions().iter().map(|object| {
        let what = if object.has_callback_interface() { "given by an app" } else { "object" };
        let mut lines = format!("{what} {}\n", object.name());
        for one in object.constructors() {
            let _ = writeln!(lines, "    makes {}", call(one.name(), one));
        }
        for one in object.methods() {
            let _ = writeln!(lines, "    {}", call(one.name(), one));
        }
        lines
    });
    let records = interface.record_definitions().iter().map(|record| {
        let fields = record.fields().iter().map(|field| format!("    {}\n", typed(field)));
        format!("record {}\n{}", record.name(), fields.collect::<String>())
    });
    let enums = interface.enum_definitions().iter().map(|one| {
        let variants = one.variants().iter().map(|one| format!("    {}\n", variant(one)));
        format!("choice {}\n{}", one.name(), variants.collect::<String>())
    });
    let customs = interface.iter_local_types().filter_map(|one| match one {
        Type::Custom { name, builtin, .. } => Some(format!("text {name}: {}\n", name_of(builtin))),
        _ => None,
    });
    functions.chain(objects).chain(records).chain(enums).chain(customs).collect()
}

fn call(name: &str, callable: &dyn Callable) -> String {
    let argument = |one: &&Argument| format!("{}: {}", one.name(), name_of(&one.as_type()));
    let arguments: Vec<_> = callable.arguments().iter().map(argument).collect();
    let is_async = if callable.is_async() { "async " } else { "" };
    let gives = callable.return_type().map(|one| format!(" -> {}", name_of(one)));
    let throws = callable.throws_type().map(|one| format!(" throws {}", name_of(one)));
    let ends = [gives, throws].into_iter().flatten().collect::<String>();
    format!("{is_async}{name}({}){ends}", arguments.join(", "))
}

fn variant(variant: &Variant) -> String {
    let fields: Vec<_> = variant.fields().iter().map(typed).collect();
    match fields.is_empty() {
        true => variant.name().to_owned(),
        false => format!("{} {{ {} }}", variant.name(), fields.join(", ")),
    }
}

fn typed(field: &Field) -> String {
    format!("{}: {}", field.name(), name_of(&field.as_type()))
}

fn name_of(one: &Type) -> String {
    match one {
        Type::Object { name, .. }
        | Type::Record { name, .. }
        | Type::Enum { name, .. }
        | Type::Custom { name, .. } => name.clone(),
        Type::Optional { inner_type } => format!("{}?", name_of(inner_type)),
        Type::Sequence { inner_type } => format!("[{}]", name_of(inner_type)),
        other => format!("{other:?}"),
    }
}
