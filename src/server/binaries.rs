//! Finding PostgreSQL's server programs, which most systems keep out of PATH.
//!
//! A folder counts only when it holds all three of `postgres`, `initdb` and `pg_ctl`, so that a client-only
//! installation is never mistaken for a server.
use super::identity::without_settings;
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Command,
};

/// The programs a cluster needs.
const NEEDED: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Folders of Debian, Red Hat, Arch and Homebrew; `*` stands for one component that ends in the version.
const USUAL: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/usr/libexec/postgresql*",
    "/Library/PostgreSQL/*/bin",
];

/// A folder with PostgreSQL's server programs in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    dir: PathBuf,
}

impl Binaries {
    /// The first folder that serves: `PRAXIS_PG_BINDIR`, PATH, `pg_config --bindir`, then the highest version of the usual folders.
    #[must_use]
    pub fn find() -> Option<Self> {
        Self::all().into_iter().next()
    }

    /// The first folder whose programs are of this major version, such as `15`.
    #[must_use]
    pub fn find_major(major: &str) -> Option<Self> {
        Self::all().into_iter().find(|b| b.major().as_deref() == Some(major))
    }

    fn all() -> Vec<Self> {
        let pg_config = without_settings(Command::new("pg_config").arg("--bindir")).output().ok();
        let pg_config = pg_config.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
        candidates(
            std::env::var_os("PRAXIS_PG_BINDIR").as_deref(),
            std::env::var_os("PATH").as_deref(),
            pg_config.as_deref(),
            Path::new("/"),
        )
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path of one program.
    #[must_use]
    pub fn tool(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The major version as the programs say it, such as `15`.
    #[must_use]
    pub fn major(&self) -> Option<String> {
        let said = without_settings(Command::new(self.tool("pg_ctl")).arg("--version")).output().ok()?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let number = said.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
        Some(number.chars().take_while(char::is_ascii_digit).collect())
    }
}

/// Everything that serves, best first. `root` is where the usual folders start, `/` but in tests.
fn candidates(
    asked: Option<&OsStr>,
    path: Option<&OsStr>,
    pg_config: Option<&str>,
    root: &Path,
) -> Vec<Binaries> {
    let mut found = Vec::new();
    let mut consider = |dir: PathBuf| {
        if let Some(b) = serves(&dir)
            && !found.contains(&b)
        {
            found.push(b);
        }
    };
    if let Some(dir) = asked.filter(|d| !d.is_empty()) {
        // Asked for by name: nothing else will do, or a typing mistake would start another version.
        consider(PathBuf::from(dir));
        return found;
    }
    for dir in std::env::split_paths(path.unwrap_or_default()) {
        if let Ok(real) = std::fs::canonicalize(dir.join("postgres")) {
            real.parent().map(Path::to_path_buf).into_iter().for_each(&mut consider);
        }
        consider(dir);
    }
    if let Some(dir) = pg_config.filter(|d| !d.is_empty()) {
        consider(PathBuf::from(dir));
    }
    let mut usual: Vec<(u32, PathBuf)> = USUAL.iter().flat_map(|pattern| expand(root, pattern)).collect();
    usual.sort_by(|a, b| b.cmp(a));
    for (_, dir) in usual {
        consider(dir);
    }
    found
}

fn serves(dir: &Path) -> Option<Binaries> {
    let dir = std::fs::canonicalize(dir).ok()?;
    NEEDED.iter().all(|name| dir.join(name).is_file()).then_some(Binaries { dir })
}

/// The folders that match a pattern with one `*`, each with the number that the star stood for.
fn expand(root: &Path, pattern: &str) -> Vec<(u32, PathBuf)> {
    let mut at = root.to_path_buf();
    let mut parts = pattern.trim_start_matches('/').split('/');
    for part in parts.by_ref() {
        let Some((before, after)) = part.split_once('*') else {
            at.push(part);
            continue;
        };
        let rest: PathBuf = parts.collect();
        let Ok(entries) = std::fs::read_dir(&at) else { return Vec::new() };
        return entries
            .filter_map(|e| {
                let name: OsString = e.ok()?.file_name();
                let version = name.to_str()?.strip_prefix(before)?.strip_suffix(after)?;
                let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
                Some((digits.parse().ok()?, at.join(&name).join(&rest)))
            })
            .collect();
    }
    vec![(0, at)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("praxis-bin-{}-{name}", std::process::id()));
        std::fs::remove_dir_all(&dir).ok();
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::canonicalize(dir).unwrap()
    }

    fn programs(dir: &Path, names: &[&str]) {
        std::fs::create_dir_all(dir).unwrap();
        for name in names {
            std::fs::write(dir.join(name), "").unwrap();
        }
    }

    #[test]
    fn a_folder_with_only_the_client_is_passed_over() {
        let root = folder("client");
        programs(&root.join("client"), &["psql", "pg_ctl", "postgres"]);
        programs(&root.join("server"), &NEEDED);
        let path = std::env::join_paths([root.join("client"), root.join("server")]).unwrap();
        let found = candidates(None, Some(&path), None, &root);
        assert_eq!(found.iter().map(Binaries::dir).collect::<Vec<_>>(), [root.join("server")]);
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_link_in_path_leads_to_the_folder_it_points_into() {
        let root = folder("link");
        programs(&root.join("real/bin"), &NEEDED);
        std::fs::create_dir_all(root.join("local")).unwrap();
        std::os::unix::fs::symlink(root.join("real/bin/postgres"), root.join("local/postgres")).unwrap();
        let found = candidates(None, Some(root.join("local").as_os_str()), None, &root);
        assert_eq!(found[0].dir(), root.join("real/bin"));
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_highest_version_of_the_usual_folders_wins() {
        let root = folder("usual");
        for version in ["9", "15", "18", "notes"] {
            programs(&root.join("usr/lib/postgresql").join(version).join("bin"), &NEEDED);
        }
        let found = candidates(None, None, None, &root);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].dir(), root.join("usr/lib/postgresql/18/bin"));
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_folder_asked_for_by_name_is_the_only_one_considered() {
        let root = folder("asked");
        programs(&root.join("usr/lib/postgresql/15/bin"), &NEEDED);
        assert_eq!(candidates(Some(root.join("nowhere").as_os_str()), None, None, &root), []);
        std::fs::remove_dir_all(root).unwrap();
    }
}
