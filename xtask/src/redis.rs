//! A Redis for the tests of what replicas share: the one that is installed, or Debian's package, unpacked in `target`.
//!
//! What belongs here: getting the program. What does not: starting it, which each test does for itself.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

/// Where the tests look for it, after the path.
const FOLDER: &str = "target/redis";

/// How deep the libraries of a package are looked for.
const DEPTH: usize = 4;

/// Makes sure that there is a Redis that the tests find.
pub(crate) fn ensure_server(root: &Path) -> Result<()> {
    let folder = root.join(FOLDER);
    let own = folder.join("redis-server");
    if works(Path::new("redis-server")) || works(&own) {
        return Ok(());
    }
    println!("+ getting Debian's redis-server into {FOLDER}");
    unpack(&folder, &own).with_context(|| {
        "the tests of what replicas share need redis-server 7: install it (Debian: redis-server, macOS: redis), \
         and see that it is on the path"
    })
}

fn works(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Gets the package, and of its libraries those that are missing, without installing anything.
fn unpack(folder: &Path, own: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let root = folder.join("root");
    let mut wanted = vec!["redis-server".to_owned(), "redis-tools".to_owned()];
    let mut seen: HashSet<String> = wanted.iter().cloned().collect();
    for _ in 0..DEPTH {
        for package in &wanted {
            download(folder, package)?;
        }
        for package in packages(folder)? {
            run(
                folder,
                "dpkg",
                &["-x".as_ref(), package.as_ref(), root.as_ref()],
            )?;
            fs::remove_file(package)?;
        }
        fs::write(own, starter(&root))?;
        executable(own)?;
        if works(own) {
            return Ok(());
        }
        let next = wanted.iter().map(|package| libraries(package));
        wanted = next.collect::<Result<Vec<_>>>()?.concat();
        wanted.retain(|library| seen.insert(library.clone()));
    }
    bail!("the package does not run here")
}

fn download(folder: &Path, package: &str) -> Result<()> {
    let get = || run(folder, "apt-get", &["download".as_ref(), package.as_ref()]);
    // On a machine that is new, nobody has asked yet what there is.
    get().or_else(|_| {
        run(folder, "apt-get", &["update".as_ref()])?;
        get()
    })
}

/// The libraries that a package names; not those that every program has.
fn libraries(package: &str) -> Result<Vec<String>> {
    let output = Command::new("apt-cache")
        .args(["depends", package])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "));
    let needed = named.filter(|name| name.starts_with("lib"));
    let own = needed.filter(|name| !["libc6", "libgcc-s1", "libstdc++6"].contains(name));
    Ok(own.map(str::to_owned).collect())
}

fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let paths = files.into_iter().map(|file| file.path());
    Ok(paths
        .filter(|path| path.extension().is_some_and(|end| end == "deb"))
        .collect())
}

/// A script that starts the program with its libraries.
fn starter(root: &Path) -> String {
    let root = root.display();
    let arch = std::env::consts::ARCH;
    let libraries = [
        format!("usr/lib/{arch}-linux-gnu"),
        format!("lib/{arch}-linux-gnu"),
    ]
    .map(|folder| format!("{root}/{folder}"))
    .join(":");
    format!("#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {root}/usr/bin/redis-server \"$@\"\n")
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> Result<()> {
    Ok(())
}

fn run(folder: &Path, program: &str, args: &[&std::ffi::OsStr]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    let status = status.with_context(|| format!("{program} cannot be started"))?;
    ensure!(status.success(), "{program} {args:?} failed ({status})");
    Ok(())
}
