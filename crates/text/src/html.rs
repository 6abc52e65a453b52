//! A small tree for HTML fragments, parsed by html5ever, with limits that keep hostile input cheap.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, LocalName, ParseOpts, QualName, local_name, ns};

/// As deep as Mastodon's parser goes before it gives up.
const MAX_DEPTH: usize = 400;
/// Open formatting elements are repeated in every paragraph, so a short text can ask for very many nodes.
const MAX_NODES: usize = 200_000;
const CHUNK: usize = 4096;

type NodeId = usize;

#[derive(Debug)]
pub(crate) enum NodeData {
    Root,
    Text(String),
    Element { name: Rc<QualName>, attrs: Vec<Attribute> },
    Other,
}

#[derive(Debug)]
struct Node {
    data: NodeData,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
}

/// A parsed fragment; nodes are addressed by number.
#[derive(Debug)]
pub(crate) struct Dom {
    nodes: Vec<Node>,
}

impl Dom {
    /// Holds the top level of the fragment as its children.
    pub(crate) const ROOT: NodeId = 0;

    pub(crate) fn data(&self, id: NodeId) -> &NodeData {
        self.nodes.get(id).map_or(&NodeData::Other, |node| &node.data)
    }

    pub(crate) fn children(&self, id: NodeId) -> &[NodeId] {
        self.nodes.get(id).map_or(&[], |node| &node.children)
    }

    /// Puts the children on a stack so that the first comes off first.
    pub(crate) fn push_children(&self, id: NodeId, stack: &mut Vec<NodeId>) {
        stack.extend(self.children(id).iter().rev());
    }

    pub(crate) fn is_element(&self, id: NodeId, wanted: &str) -> bool {
        matches!(self.data(id), NodeData::Element { name, .. } if &*name.local == wanted)
    }

    /// Every element of the tree in the order of the source: number, name and attributes.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (NodeId, &str, &[Attribute])> {
        let mut waiting = vec![Self::ROOT];
        std::iter::from_fn(move || {
            while let Some(id) = waiting.pop() {
                self.push_children(id, &mut waiting);
                if let NodeData::Element { name, attrs } = self.data(id) {
                    return Some((id, &*name.local, attrs.as_slice()));
                }
            }
            None
        })
    }

    /// All text inside, scripts and the like included.
    pub(crate) fn text(&self, id: NodeId) -> String {
        let mut text = String::new();
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if let NodeData::Text(piece) = self.data(id) {
                text.push_str(piece);
            }
            self.push_children(id, &mut waiting);
        }
        text
    }
}

/// Elements whose content a browser never shows as text.
pub(crate) fn is_never_shown(name: &LocalName) -> bool {
    matches!(&**name, "iframe" | "math" | "noembed" | "noframes" | "noscript" | "plaintext" | "script" | "style" | "svg" | "xmp")
}

/// The value of an attribute of an element.
pub(crate) fn attr<'a>(attrs: &'a [Attribute], name: &str) -> Option<&'a str> {
    attrs.iter().find(|attr| &*attr.name.local == name).map(|attr| &*attr.value)
}

/// Parses `source` as the content of a `body`. `None` if it is nested too deeply or explodes.
pub(crate) fn fragment(source: &str) -> Option<Dom> {
    let context = QualName::new(None, ns!(html), local_name!("body"));
    let parser = html5ever::parse_fragment(Sink::default(), options(), context, Vec::new(), false);
    let sink = feed(parser, source);
    if sink.exceeded.get() {
        return None;
    }
    let mut dom = Dom { nodes: sink.nodes.into_inner() };
    // The fragment's top level stands inside an artificial html element.
    let top = dom.children(Dom::ROOT).iter().copied().find(|id| matches!(dom.data(*id), NodeData::Element { .. }))?;
    let children = dom.nodes.get(top)?.children.clone();
    dom.nodes.get_mut(Dom::ROOT)?.children = children;
    Some(dom)
}

/// Parses a page. Of one that is nested too deeply or explodes there is only the beginning.
pub(crate) fn document(source: &str) -> Dom {
    let parser = html5ever::parse_document(Sink::default(), options());
    Dom { nodes: feed(parser, source).nodes.into_inner() }
}

/// The text that `source` means when its character references are resolved; tags in it stay text.
pub(crate) fn decode_references(source: &str) -> String {
    if !source.contains('&') {
        return source.to_owned();
    }
    fragment(&source.replace('<', "&lt;")).map_or_else(|| source.to_owned(), |dom| dom.text(Dom::ROOT))
}

fn options() -> ParseOpts {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    ParseOpts { tree_builder, ..ParseOpts::default() }
}

/// In pieces, so that the limits can stop it half-way.
fn feed(mut parser: html5ever::driver::Parser<Sink>, source: &str) -> Sink {
    let mut rest = source;
    while !rest.is_empty() && !parser.tokenizer.sink.sink.exceeded.get() {
        let mut end = rest.len().min(CHUNK);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, after) = rest.split_at(end);
        parser.process(StrTendril::from_slice(piece));
        rest = after;
    }
    parser.finish()
}

#[derive(Debug, Clone)]
struct Handle {
    id: NodeId,
    name: Rc<QualName>,
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    depths: RefCell<Vec<usize>>,
    exceeded: Cell<bool>,
    no_name: Rc<QualName>,
}

impl Default for Sink {
    fn default() -> Self {
        let root = Node { data: NodeData::Root, parent: None, children: Vec::new() };
        Self {
            nodes: RefCell::new(vec![root]),
            depths: RefCell::new(vec![0]),
            exceeded: Cell::new(false),
            no_name: Rc::new(QualName::new(None, ns!(), local_name!(""))),
        }
    }
}

impl Sink {
    fn add(&self, data: NodeData) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { data, parent: None, children: Vec::new() });
        self.depths.borrow_mut().push(0);
        if nodes.len() > MAX_NODES {
            self.exceeded.set(true);
        }
        nodes.len() - 1
    }

    fn nameless(&self, data: NodeData) -> Handle {
        Handle { id: self.add(data), name: Rc::clone(&self.no_name) }
    }

    /// Puts a child at a position among the children of `parent`, joining text with text before it.
    fn insert(&self, parent: NodeId, position: usize, child: NodeOrText<Handle>) {
        let id = match child {
            NodeOrText::AppendText(text) => {
                if self.join_text(parent, position, &text) {
                    return;
                }
                self.add(NodeData::Text(text.to_string()))
            }
            NodeOrText::AppendNode(handle) => {
                self.detach(handle.id);
                handle.id
            }
        };
        let mut depths = self.depths.borrow_mut();
        let depth = depths.get(parent).copied().unwrap_or_default() + 1;
        if let Some(own) = depths.get_mut(id) {
            *own = depth;
        }
        let mut nodes = self.nodes.borrow_mut();
        if depth > MAX_DEPTH && matches!(nodes.get(id), Some(Node { data: NodeData::Element { .. }, .. })) {
            self.exceeded.set(true);
        }
        if let Some(node) = nodes.get_mut(id) {
            node.parent = Some(parent);
        }
        if let Some(node) = nodes.get_mut(parent) {
            node.children.insert(position.min(node.children.len()), id);
        }
    }

    fn join_text(&self, parent: NodeId, position: usize, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let before = position.checked_sub(1).and_then(|at| nodes.get(parent)?.children.get(at).copied());
        match before.and_then(|id| nodes.get_mut(id)) {
            Some(Node { data: NodeData::Text(existing), .. }) => {
                existing.push_str(text);
                true
            }
            _ => false,
        }
    }

    fn detach(&self, id: NodeId) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(id).and_then(|node| node.parent.take()) else { return };
        if let Some(node) = nodes.get_mut(parent)
            && let Some(at) = node.children.iter().rposition(|child| *child == id)
        {
            node.children.remove(at);
        }
    }

    fn child_count(&self, id: NodeId) -> usize {
        self.nodes.borrow().get(id).map_or(0, |node| node.children.len())
    }

    fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes.borrow().get(id).and_then(|node| node.parent)
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: Dom::ROOT, name: Rc::clone(&self.no_name) }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> Handle {
        let name = Rc::new(name);
        Handle { id: self.add(NodeData::Element { name: Rc::clone(&name), attrs }), name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.nameless(NodeData::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.nameless(NodeData::Other)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.id, self.child_count(parent.id), child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        if self.parent(element.id).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// Templates keep their content as ordinary children.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, new_node: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(node) = &new_node {
            self.detach(node.id);
        }
        let Some(parent) = self.parent(sibling.id) else { return };
        let position = self
            .nodes
            .borrow()
            .get(parent)
            .and_then(|node| node.children.iter().rposition(|child| *child == sibling.id))
            .unwrap_or_default();
        self.insert(parent, position, new_node);
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(Node { data: NodeData::Element { attrs: existing, .. }, .. }) = nodes.get_mut(target.id) {
            for attr in attrs {
                if !existing.iter().any(|own| own.name == attr.name) {
                    existing.push(attr);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut nodes = self.nodes.borrow_mut();
        let children = nodes.get_mut(node.id).map(|node| std::mem::take(&mut node.children)).unwrap_or_default();
        for child in &children {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(new_parent.id);
            }
        }
        if let Some(parent) = nodes.get_mut(new_parent.id) {
            parent.children.extend(children);
        }
    }
}
