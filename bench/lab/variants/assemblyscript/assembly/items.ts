// The lab's API: data, and the summary of what a client sends.
// SPDX-License-Identifier: Apache-2.0
import { Reader } from "./reader";

export const ITEMS_MAX: u32 = 100000;
const QUANTITY_MAX: f64 = 1000000;
const ADJECTIVES = ["small", "large", "red", "blue", "quiet", "heavy", "plain", "bright"];
const NOUNS = ["lamp", "chair", "table", "clock", "shelf", "desk", "stool", "frame"];
const TAGS = ["new", "sale", "used", "eco", "wood", "import", "gift", "bulk"];
const ALL = 127; // every member of an item was there

@json
export class Item {
  id: u32 = 0;
  name: string = "";
  price: f64 = 0;
  quantity: u32 = 0;
  active: bool = false;
  tags: string[] = [];
  note: string = "";
}

@json
export class List {
  count: u32 = 0;
  items: Item[] = [];
}

@json
export class TagCounts {
  new: u32 = 0;
  sale: u32 = 0;
  used: u32 = 0;
  eco: u32 = 0;
  wood: u32 = 0;
  import: u32 = 0;
  gift: u32 = 0;
  bulk: u32 = 0;
}

@json
export class Summary {
  count: u32 = 0;
  active: u32 = 0;
  quantity: f64 = 0;
  total: f64 = 0;
  tags: TagCounts = new TagCounts();
}

@json
export class Problem {
  error: string = "";
}

function makeItem(id: u32): Item {
  const x = id * 2654435761;
  const item = new Item();
  item.id = id;
  item.name = ADJECTIVES[x % 8] + " " + NOUNS[(x >> 3) % 8];
  item.price = <f64>((x >> 6) % 1000) + <f64>(1 + ((x >> 16) % 3)) * 0.25;
  item.quantity = (x >> 20) % 100;
  item.active = x >> 31 != 0;
  item.tags = [TAGS[(x >> 4) % 8], TAGS[(x >> 9) % 8]];
  item.note = 'Größe "M", line one\nline two';
  return item;
}

export function makeList(count: u32): List {
  const list = new List();
  list.count = count;
  list.items = new Array<Item>(count);
  for (let i: u32 = 0; i < count; i++) list.items[i] = makeItem(i);
  return list;
}

function addTag(tags: TagCounts, tag: string): bool {
  if (tag == "new") tags.new++;
  else if (tag == "sale") tags.sale++;
  else if (tag == "used") tags.used++;
  else if (tag == "eco") tags.eco++;
  else if (tag == "wood") tags.wood++;
  else if (tag == "import") tags.import++;
  else if (tag == "gift") tags.gift++;
  else if (tag == "bulk") tags.bulk++;
  else return false;
  return true;
}

/** Reads a body; `isJson` and `isGood` tell what it was. */
export class Accepted {
  isGood: bool = true; // as far as it was read
  isJson: bool = false;
  hasItems: bool = false;
  summary: Summary = new Summary();
  private reader: Reader;
  private price: f64 = 0;
  private quantity: f64 = 0;

  constructor(body: ArrayBuffer) {
    this.reader = new Reader(body);
    this.root();
    this.isJson = this.reader.isEnd();
    this.isGood = this.isGood && this.hasItems;
  }

  private root(): void {
    const reader = this.reader;
    if (reader.peek() != 0x7b) {
      reader.skip();
      return;
    }
    reader.take(0x7b);
    if (reader.take(0x7d)) return;
    do {
      const key = reader.text();
      if (key == null || !reader.take(0x3a)) break;
      if (key == "items") this.items();
      else reader.skip();
    } while (reader.take(0x2c));
    if (!reader.take(0x7d)) reader.isBad = true;
  }

  private wrong(): void {
    this.isGood = false;
    this.reader.skip();
  }

  private items(): void {
    const reader = this.reader;
    if (reader.peek() != 0x5b) return this.wrong();
    this.hasItems = true;
    reader.take(0x5b);
    if (reader.take(0x5d)) return;
    do {
      this.item();
    } while (reader.take(0x2c));
    if (!reader.take(0x5d)) reader.isBad = true;
  }

  private item(): void {
    const reader = this.reader;
    let found = 0;
    if (reader.peek() != 0x7b) return this.wrong();
    reader.take(0x7b);
    if (!reader.take(0x7d)) {
      do {
        const key = reader.text();
        if (key == null || !reader.take(0x3a)) break;
        found |= this.member(key);
      } while (reader.take(0x2c));
      if (!reader.take(0x7d)) reader.isBad = true;
    }
    if (found != ALL) this.isGood = false;
    this.summary.count++;
    this.summary.quantity += this.quantity;
    this.summary.total += this.price * this.quantity;
  }

  /** The member's bit. */
  private member(key: string): i32 {
    if (key == "id") return this.whole(4294967295) >= 0 ? 1 : 0;
    if (key == "name") return this.textSize() > 0 ? 2 : 0;
    if (key == "price") {
      this.price = this.number();
      return this.price >= 0 ? 4 : 0;
    }
    if (key == "quantity") {
      this.quantity = this.whole(QUANTITY_MAX);
      return this.quantity >= 0 ? 8 : 0;
    }
    if (key == "active") return this.active() ? 16 : 0;
    if (key == "tags") return this.tags() ? 32 : 0;
    if (key == "note") return this.textSize() >= 0 ? 64 : 0;
    this.reader.skip();
    return 0;
  }

  private number(): f64 {
    const byte = this.reader.peek();
    if (byte == 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.reader.number();
    this.reader.skip();
    return -1;
  }

  /** A whole number up to `max`; -1 when it is none. */
  private whole(max: f64): f64 {
    const value = this.number();
    return value >= 0 && value <= max && Math.floor(value) == value ? value : -1;
  }

  private textSize(): i32 {
    if (this.reader.peek() == 0x22) return this.reader.textSize();
    this.reader.skip();
    return -1;
  }

  private active(): bool {
    const byte = this.reader.peek();
    if (byte != 0x74 && byte != 0x66) {
      this.reader.skip();
      return false;
    }
    if (this.reader.boolean()) this.summary.active++;
    return true;
  }

  private tags(): bool {
    const reader = this.reader;
    let isGood = true;
    if (reader.peek() != 0x5b) {
      reader.skip();
      return false;
    }
    reader.take(0x5b);
    if (reader.take(0x5d)) return true;
    do {
      if (reader.peek() != 0x22) {
        reader.skip();
        isGood = false;
        continue;
      }
      const tag = reader.text();
      if (tag == null || !addTag(this.summary.tags, tag)) isGood = false;
    } while (reader.take(0x2c));
    if (!reader.take(0x5d)) reader.isBad = true;
    return isGood;
  }
}
