// A guest in AssemblyScript; the same program in every language, see run.
// The shim has no files, so those are the bare calls of WASI: descriptor 3 is
// the one preopened folder.
// SPDX-License-Identifier: Apache-2.0
import {
  fd_close, fd_read, fd_readdir, fd_write, filestat, oflags, fdflags, rights,
  path_create_directory, path_filestat_get, path_open, path_remove_directory,
  path_rename, path_unlink_file,
} from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";

const FOLDER: u32 = 3;
const result = memory.data(64);
const buffer = new ArrayBuffer(65536);

function at(path: string): usize {
  return changetype<usize>(String.UTF8.encode(path, true));
}

function size(path: string): usize {
  return <usize>String.UTF8.byteLength(path);
}

function check(errno: u32): void {
  if (errno != 0) throw new Error("errno " + errno.toString());
}

function open(path: string, how: u16, flags: u16, right: u64): u32 {
  check(path_open(FOLDER, 0, at(path), size(path), how, right, right, flags, result));
  return load<u32>(result);
}

function write(path: string, text: string, flags: u16): void {
  const fd = open(path, oflags.CREAT, flags, rights.FD_WRITE);
  store<u32>(result, <u32>at(text));
  store<u32>(result, <u32>size(text), 4);
  check(fd_write(fd, result, 1, result + 8));
  check(fd_close(fd));
}

function read(path: string): string {
  const fd = open(path, 0, 0, rights.FD_READ);
  store<u32>(result, <u32>changetype<usize>(buffer));
  store<u32>(result, buffer.byteLength, 4);
  check(fd_read(fd, result, 1, result + 8));
  check(fd_close(fd));
  return String.UTF8.decodeUnsafe(changetype<usize>(buffer), load<u32>(result, 8));
}

function list(path: string): string {
  const fd = open(path, oflags.DIRECTORY, 0, rights.FD_READDIR);
  const base = changetype<usize>(buffer);
  check(fd_readdir(fd, base, buffer.byteLength, 0, result));
  check(fd_close(fd));
  const names = new Array<string>();
  for (let offset: u32 = 0; offset < load<u32>(result);) {
    const length = load<u32>(base + offset, 16);
    const name = String.UTF8.decodeUnsafe(base + offset + 24, length);
    if (name != "." && name != "..") names.push(name);
    offset += 24 + length;
  }
  return names.sort().join(" ");
}

function files(): void {
  check(path_create_directory(FOLDER, at("d"), 1));
  write("d/a.txt", "first\nsecond\nthird\n", 0);
  write("d/a.txt", "fourth\n", fdflags.APPEND);
  const text = read("d/a.txt");
  console.log("read " + text.length.toString() + " bytes, " + (text.split("\n").length - 1).toString() + " lines");
  write("d/b.txt", "", 0);
  console.log(list("d"));
  check(path_rename(FOLDER, at("d/a.txt"), 7, FOLDER, at("d/c.txt"), 7));
  console.log(list("d"));
  check(path_filestat_get(FOLDER, 0, at("d/c.txt"), 7, changetype<filestat>(result)));
  console.log("size " + load<u64>(result, 32).toString());
  const errno = path_open(FOLDER, 0, at("../secret"), 9, 0, rights.FD_READ, 0, 0, result);
  console.log(errno != 0 ? "outside refused" : "outside opened");
  check(path_unlink_file(FOLDER, at("d/b.txt"), 7));
  check(path_unlink_file(FOLDER, at("d/c.txt"), 7));
  check(path_remove_directory(FOLDER, at("d"), 1));
  console.log(path_filestat_get(FOLDER, 0, at("d"), 1, changetype<filestat>(result)) != 0 ? "gone" : "still there");
}

function copy(): void {
  for (;;) {
    const count = process.stdin.read(buffer);
    if (count == 0) return;
    process.stdout.write(buffer.slice(0, count));
  }
}

const task = process.argv.length > 1 ? process.argv[1] : "hello";
if (task == "hello") {
  console.log("hello from AssemblyScript");
} else if (task == "args") {
  for (let i = 2; i < process.argv.length; i++) console.log("[" + process.argv[i] + "]");
} else if (task == "env") {
  const names = ["GREETING", "EMPTY", "ABSENT"];
  for (let i = 0; i < names.length; i++)
    console.log(names[i] + "=" + (process.env.has(names[i]) ? process.env.get(names[i]) : "(none)"));
} else if (task == "files") {
  files();
} else if (task == "pipe") {
  copy();
} else if (task == "exit") {
  process.exit(7);
} else if (task == "panic") {
  throw new Error("about to panic");
}
