//! `praxis config`: the effective configuration with the source of each value, and what documents it.
use super::{
    Context, Failure,
    output::{say, say_json},
};
use crate::config;
use clap::Args;
use std::process::ExitCode;

/// Prints the effective configuration, each value with its source.
#[derive(Debug, Args)]
pub struct Show {
    /// Print a commented file with every key instead
    #[arg(long, conflicts_with = "markdown")]
    example: bool,
    /// Print the documentation of every key instead
    #[arg(long)]
    markdown: bool,
}

impl Show {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        if self.example {
            say(config::example().trim_end());
        } else if self.markdown {
            say(config::markdown().trim_end());
        } else if context.json {
            let config = context.config()?;
            let values: serde_json::Map<_, _> = config
                .shown()
                .map(|(key, value, source)| {
                    (key.name.to_owned(), serde_json::json!({ "value": value, "source": source.to_string() }))
                })
                .collect();
            say_json(&serde_json::Value::Object(values));
        } else {
            let config = context.config()?;
            for (key, value, source) in config.shown() {
                let value = if value.is_empty() { "(none)" } else { value };
                say(&crate::logging::cleaned(&format!("{:<22} {value}  ({source})", key.name)));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
