//! Collections and their pages.

use serde_json::{Map, Value, json};

/// `Collection` or `OrderedCollection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Ordered,
    Unordered,
}

impl Order {
    fn collection(self) -> &'static str {
        match self {
            Self::Ordered => "OrderedCollection",
            Self::Unordered => "Collection",
        }
    }

    fn page(self) -> &'static str {
        match self {
            Self::Ordered => "OrderedCollectionPage",
            Self::Unordered => "CollectionPage",
        }
    }

    fn items(self) -> &'static str {
        match self {
            Self::Ordered => "orderedItems",
            Self::Unordered => "items",
        }
    }
}

/// Parts of a collection or page; what is absent is left out of the document.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    pub id: Option<String>,
    pub total: Option<i64>,
    pub first: Option<Value>,
    pub last: Option<String>,
    pub next: Option<String>,
    pub prev: Option<String>,
    pub part_of: Option<String>,
    pub items: Option<Vec<Value>>,
}

#[must_use]
pub fn collection(order: Order, parts: Parts) -> Value {
    build(order.collection(), order, parts)
}

#[must_use]
pub fn page(order: Order, parts: Parts) -> Value {
    build(order.page(), order, parts)
}

fn build(kind: &str, order: Order, parts: Parts) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value);
        }
    };
    put("id", parts.id.map(Value::from));
    put("type", Some(json!(kind)));
    put("totalItems", parts.total.map(Value::from));
    put("next", parts.next.map(Value::from));
    put("prev", parts.prev.map(Value::from));
    put("partOf", parts.part_of.map(Value::from));
    put("first", parts.first);
    put("last", parts.last.map(Value::from));
    put(order.items(), parts.items.map(Value::from));
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::{Order, Parts, page};
    use serde_json::json;

    #[test]
    fn an_absent_part_leaves_no_key() {
        let page = page(Order::Ordered, Parts { id: Some("x".to_owned()), items: Some(vec![]), ..Parts::default() });
        assert_eq!(page, json!({"id": "x", "type": "OrderedCollectionPage", "orderedItems": []}));
    }
}
