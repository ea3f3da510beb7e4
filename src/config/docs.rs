//! What is said about the configuration elsewhere, made from the table: `docs/configuration.md` and the example file.
use super::KEYS;
use std::fmt::Write as _;

/// A commented file with every key at its default, as `praxis config --example` prints it.
#[must_use]
pub fn example() -> String {
    let mut out = String::from(
        "# Configuration of Praxis. For one person: ~/.config/praxis/config.toml; for the\n\
         # machine: /etc/praxis/config.toml. Arguments (--set KEY=VALUE) win over the\n\
         # environment (PRAXIS_...), that over the person's file, that over the\n\
         # machine's. Lines that start with # change nothing.\n",
    );
    let mut section = "";
    for key in KEYS {
        let Some((in_section, name)) = key.name.split_once('.') else { continue };
        if in_section != section {
            let _ = write!(out, "\n[{in_section}]\n");
            section = in_section;
        }
        for line in wrapped(key.doc, 77) {
            let _ = writeln!(out, "# {line}");
        }
        let quote = if matches!(key.kind, super::Kind::Bool | super::Kind::Number(..)) { "" } else { "\"" };
        let value = match key.name {
            "database.url" => "postgres://praxis_app@localhost/clinic?host=/run/postgresql",
            _ => key.default,
        };
        let _ = writeln!(out, "#{name} = {quote}{value}{quote}");
    }
    out
}

/// `docs/configuration.md`, as `praxis config --markdown` prints it.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "# Configuration\n\nMade by `praxis config --markdown` from the program's own table; do not edit.\n\n\
         A value comes from the first of: `--set KEY=VALUE`, the environment, `$XDG_CONFIG_HOME/praxis/config.toml` (usually\n\
         `~/.config/praxis/config.toml`), `/etc/praxis/config.toml`, what is built in. `--config FILE` (or `PRAXIS_CONFIG`)\n\
         names one file to be read in place of the two. `praxis config` prints the effective values and where each came\n\
         from; `praxis config --example` prints a commented file to start from.\n\n\
         Unknown keys, wrong types and impossible values are reported with file and line, and nothing starts (exit 78).\n\
         A file that holds a password and is readable by everybody is refused. `DATABASE_URL` is ignored on purpose.\n",
    );
    for key in KEYS {
        let default = match (key.name, key.default) {
            ("log.file", _) => "`$XDG_STATE_HOME/praxis/praxis.log`".to_owned(),
            (_, "") => "none".to_owned(),
            (_, value) => format!("`{value}`"),
        };
        let _ = write!(
            out,
            "\n## `{}`\n\n{}\n\n- takes: {}\n- default: {default}\n- environment: `{}`\n",
            key.name,
            wrapped(key.doc, 110).join("\n"),
            key.takes(),
            key.env(),
        );
    }
    out
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_fits_a_terminal_and_names_every_key() {
        let example = example();
        assert!(example.lines().all(|l| l.chars().count() <= 80));
        for key in KEYS {
            let name = key.name.split_once('.').map_or(key.name, |(_, n)| n);
            assert!(example.contains(&format!("#{name} = ")), "{}", key.name);
            assert!(markdown().contains(&format!("## `{}`", key.name)));
        }
    }
}
