// A guest in Rust; the same program in every language, see run.
// SPDX-License-Identifier: Apache-2.0
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::{env, fs, process};

fn list(path: &str) -> io::Result<()> {
    let names: Result<BTreeSet<String>, io::Error> = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().into_string().unwrap()))
        .collect();
    println!("{}", names?.into_iter().collect::<Vec<_>>().join(" "));
    Ok(())
}

fn files() -> io::Result<()> {
    fs::create_dir("/data/d")?;
    fs::write("/data/d/a.txt", "first\nsecond\nthird\n")?;
    fs::OpenOptions::new().append(true).open("/data/d/a.txt")?.write_all(b"fourth\n")?;
    let text = fs::read_to_string("/data/d/a.txt")?;
    println!("read {} bytes, {} lines", text.len(), text.lines().count());
    fs::write("/data/d/b.txt", "")?;
    list("/data/d")?;
    fs::rename("/data/d/a.txt", "/data/d/c.txt")?;
    list("/data/d")?;
    println!("size {}", fs::metadata("/data/d/c.txt")?.len());
    println!("outside {}", if fs::File::open("/data/../secret").is_ok() { "opened" } else { "refused" });
    fs::remove_file("/data/d/b.txt")?;
    fs::remove_file("/data/d/c.txt")?;
    fs::remove_dir("/data/d")?;
    println!("{}", if fs::metadata("/data/d").is_ok() { "still there" } else { "gone" });
    Ok(())
}

fn copy() -> io::Result<()> {
    let mut buffer = vec![0; 65536];
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    loop {
        let size = from.read(&mut buffer)?;
        if size == 0 {
            return to.flush();
        }
        to.write_all(&buffer[..size])?;
    }
}

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str).unwrap_or("hello") {
        "hello" => println!("hello from Rust"),
        "args" => args[2..].iter().for_each(|arg| println!("[{}]", arg)),
        "env" => {
            for name in ["GREETING", "EMPTY", "ABSENT"] {
                println!("{}={}", name, env::var(name).unwrap_or_else(|_| "(none)".into()));
            }
        }
        "files" => files()?,
        "pipe" => copy()?,
        "exit" => process::exit(7),
        "panic" => panic!("about to panic"),
        _ => {}
    }
    Ok(())
}
