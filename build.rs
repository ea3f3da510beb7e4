//! `migrate!` does not see a new file by itself; the newest file's number is the schema that this program fits.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
    let newest = std::fs::read_dir("migrations")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.split('_').next()?.parse::<i64>().ok())
        .max()
        .unwrap_or_default();
    println!("cargo:rustc-env=PRAXIS_SCHEMA={newest}");
}
