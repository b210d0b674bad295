// Reads JSON from bytes in UTF-8, strictly (RFC 8259). AssemblyScript cannot
// catch what a library throws, so bad input must be a value here, not an abort:
// every function returns false, or 0, once `isBad` is set.
// SPDX-License-Identifier: Apache-2.0

const DEPTH_MAX = 64;

export class Reader {
  isBad: bool = false;
  private at: usize;
  private end: usize;
  private depth: i32 = 0;

  constructor(bytes: ArrayBuffer) {
    this.at = changetype<usize>(bytes);
    this.end = this.at + <usize>bytes.byteLength;
  }

  private fail(): bool {
    this.isBad = true;
    return false;
  }

  /** The next byte that is no white space; 0 at the end. */
  peek(): u8 {
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return byte;
      this.at++;
    }
    return 0;
  }

  /** Whether nothing follows. */
  isEnd(): bool {
    return !this.isBad && this.peek() == 0 && this.at == this.end;
  }

  take(byte: u8): bool {
    if (this.isBad || this.peek() != byte) return false;
    this.at++;
    return true;
  }

  private word(text: string): bool {
    for (let i = 0; i < text.length; i++, this.at++) {
      if (this.at >= this.end || load<u8>(this.at) != <u8>text.charCodeAt(i)) return this.fail();
    }
    return true;
  }

  private escape(): bool {
    if (++this.at >= this.end) return this.fail();
    const byte = load<u8>(this.at++);
    if (byte != 0x75) {
      return "\"\\/bfnrt".includes(String.fromCharCode(byte)) ? true : this.fail();
    }
    for (let i = 0; i < 4; i++, this.at++) {
      if (this.at >= this.end) return this.fail();
      const hex = load<u8>(this.at);
      const isDigit = hex >= 0x30 && hex <= 0x39;
      const letter = hex | 0x20;
      if (!isDigit && (letter < 0x61 || letter > 0x66)) return this.fail();
    }
    return true;
  }

  /** Over a text; its bytes as they stand, or null. */
  text(): string | null {
    if (!this.take(0x22)) {
      this.fail();
      return null;
    }
    const start = this.at;
    if (!this.rest()) return null;
    return String.UTF8.decodeUnsafe(start, this.at - 1 - start);
  }

  /** Over a text without making one: how many bytes it has; -1 when bad. */
  textSize(): i32 {
    if (!this.take(0x22)) {
      this.fail();
      return -1;
    }
    const start = this.at;
    return this.rest() ? <i32>(this.at - 1 - start) : -1;
  }

  private rest(): bool {
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte == 0x22) {
        this.at++;
        return true;
      }
      if (byte < 0x20) return this.fail();
      if (byte == 0x5c) {
        if (!this.escape()) return false;
      } else {
        this.at++;
      }
    }
    return this.fail();
  }

  private digits(): i32 {
    let count = 0;
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte < 0x30 || byte > 0x39) break;
      this.at++;
      count++;
    }
    return count;
  }

  /** A number; NaN when it is none. */
  number(): f64 {
    this.peek();
    const start = this.at;
    if (this.at < this.end && load<u8>(this.at) == 0x2d) this.at++;
    const first = this.at < this.end ? load<u8>(this.at) : 0;
    const count = this.digits();
    if (count == 0 || (first == 0x30 && count > 1)) {
      this.fail();
      return NaN;
    }
    if (this.at < this.end && load<u8>(this.at) == 0x2e) {
      this.at++;
      if (this.digits() == 0) {
        this.fail();
        return NaN;
      }
    }
    if (this.at < this.end && (load<u8>(this.at) | 0x20) == 0x65) {
      this.at++;
      if (this.at < this.end && (load<u8>(this.at) == 0x2d || load<u8>(this.at) == 0x2b)) this.at++;
      if (this.digits() == 0) {
        this.fail();
        return NaN;
      }
    }
    return parseFloat(String.UTF8.decodeUnsafe(start, this.at - start));
  }

  boolean(): bool {
    if (this.peek() == 0x74) return this.word("true");
    this.word("false");
    return false;
  }

  /** Over any value. */
  skip(): bool {
    const byte = this.peek();
    if (byte == 0x22) return this.textSize() >= 0;
    if (byte == 0x7b || byte == 0x5b) return this.skipMany(byte);
    if (byte == 0x74) return this.word("true");
    if (byte == 0x66) return this.word("false");
    if (byte == 0x6e) return this.word("null");
    return !isNaN(this.number());
  }

  private skipMany(open: u8): bool {
    const close: u8 = open + 2;
    this.at++;
    if (++this.depth > DEPTH_MAX) return this.fail();
    if (!this.take(close)) {
      do {
        if (open == 0x7b && (this.textSize() < 0 || !this.take(0x3a))) return this.fail();
        if (!this.skip()) return false;
      } while (this.take(0x2c));
      if (!this.take(close)) return this.fail();
    }
    this.depth--;
    return true;
  }
}
