//! The lab's API in Rust: data, generation, summary; JSON by serde_json.
//! The same file serves actix-web natively and the WebAssembly program.
// SPDX-License-Identifier: Apache-2.0
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

pub const ITEMS_MAX: u32 = 100_000;
const QUANTITY_MAX: u32 = 1_000_000;
const ADJECTIVES: [&str; 8] = [
    "small", "large", "red", "blue", "quiet", "heavy", "plain", "bright",
];
const NOUNS: [&str; 8] = [
    "lamp", "chair", "table", "clock", "shelf", "desk", "stool", "frame",
];

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    New,
    Sale,
    Used,
    Eco,
    Wood,
    Import,
    Gift,
    Bulk,
}

const TAGS: [Tag; 8] = [
    Tag::New,
    Tag::Sale,
    Tag::Used,
    Tag::Eco,
    Tag::Wood,
    Tag::Import,
    Tag::Gift,
    Tag::Bulk,
];

struct TagVisitor;

impl Visitor<'_> for TagVisitor {
    type Value = Tag;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a tag")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Tag, E> {
        Ok(match text {
            "new" => Tag::New,
            "sale" => Tag::Sale,
            "used" => Tag::Used,
            "eco" => Tag::Eco,
            "wood" => Tag::Wood,
            "import" => Tag::Import,
            "gift" => Tag::Gift,
            "bulk" => Tag::Bulk,
            _ => return Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        })
    }
}

/// Not derived: a number where an enum stands is bad syntax to serde_json, and
/// only a wrong value by the contract.
impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TagVisitor)
    }
}

#[derive(Serialize, Deserialize)]
pub struct Item {
    pub id: u32,
    pub name: String,
    pub price: f64,
    pub quantity: u32,
    pub active: bool,
    pub tags: Vec<Tag>,
    pub note: String,
}

#[derive(Serialize)]
pub struct List {
    pub count: u32,
    pub items: Vec<Item>,
}

#[derive(Deserialize)]
pub struct Order {
    pub items: Vec<Item>,
}

#[derive(Default, Serialize)]
pub struct TagCounts {
    new: u64,
    sale: u64,
    used: u64,
    eco: u64,
    wood: u64,
    import: u64,
    gift: u64,
    bulk: u64,
}

impl TagCounts {
    fn add(&mut self, tag: Tag) {
        let count = match tag {
            Tag::New => &mut self.new,
            Tag::Sale => &mut self.sale,
            Tag::Used => &mut self.used,
            Tag::Eco => &mut self.eco,
            Tag::Wood => &mut self.wood,
            Tag::Import => &mut self.import,
            Tag::Gift => &mut self.gift,
            Tag::Bulk => &mut self.bulk,
        };
        *count += 1;
    }
}

#[derive(Default, Serialize)]
pub struct Summary {
    count: usize,
    active: u64,
    quantity: u64,
    total: f64,
    tags: TagCounts,
}

#[derive(Serialize)]
pub struct Problem {
    pub error: &'static str,
}

pub const BAD_N: Problem = Problem {
    error: "n must be a whole number from 0 to 100000",
};
pub const BAD_JSON: Problem = Problem {
    error: "invalid JSON",
};
pub const BAD_ITEMS: Problem = Problem {
    error: "invalid items",
};
pub const NOT_FOUND: Problem = Problem { error: "not found" };
pub const BAD_METHOD: Problem = Problem {
    error: "method not allowed",
};

fn make_item(id: u32) -> Item {
    let x = id.wrapping_mul(2_654_435_761);
    let pick = |shift: u32| ((x >> shift) % 8) as usize;
    Item {
        id,
        name: format!("{} {}", ADJECTIVES[pick(0)], NOUNS[pick(3)]),
        price: f64::from((x >> 6) % 1000) + f64::from(1 + (x >> 16) % 3) * 0.25,
        quantity: (x >> 20) % 100,
        active: x >> 31 != 0,
        tags: vec![TAGS[pick(4)], TAGS[pick(9)]],
        note: "Größe \"M\", line one\nline two".to_owned(),
    }
}

/// `n` as it stands in the query: digits and nothing else.
pub fn read_n(text: &str) -> Option<u32> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| *n <= ITEMS_MAX)
}

pub fn list(count: u32) -> List {
    List {
        count,
        items: (0..count).map(make_item).collect(),
    }
}

/// None when an item is out of its bounds.
pub fn summarize(order: &Order) -> Option<Summary> {
    let mut sum = Summary::default();
    for item in &order.items {
        if item.name.is_empty() || item.price < 0.0 || item.quantity > QUANTITY_MAX {
            return None;
        }
        sum.count += 1;
        sum.active += u64::from(item.active);
        sum.quantity += u64::from(item.quantity);
        sum.total += item.price * f64::from(item.quantity);
        for tag in &item.tags {
            sum.tags.add(*tag);
        }
    }
    Some(sum)
}
