//! `@context`: ActivityStreams, and the definitions of exactly the extension terms that a document uses.

use serde_json::{Map, Value, json};

pub const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";
const SECURITY: &str = "https://w3id.org/security/v1";
const WEBFINGER: &str = "https://purl.archive.org/socialweb/webfinger";

/// Every term that is known here: the context under which documents of others are passed on.
#[must_use]
pub fn complete() -> Value {
    let terms = Terms::EVERYTHING.definitions();
    json!([ACTIVITY_STREAMS, SECURITY, WEBFINGER, terms])
}

/// Which groups of terms a document uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    pub note: bool,
    /// `atomUri` alone, as a `Tombstone` has it.
    pub atom_uri: bool,
    pub actor: bool,
    pub hashtag: bool,
    pub emoji: bool,
    pub blurhash: bool,
    pub focal_point: bool,
    pub quote_authorization: bool,
    pub quote_request: bool,
    /// Collections of accounts and what stands in them (FEP-7aa9).
    pub featured_collection: bool,
    /// `sensitive` alone, as a collection has it; the terms of a note hold it too.
    pub sensitive: bool,
    pub discoverable: bool,
    pub feature_request: bool,
    pub feature_authorization: bool,
    pub security: bool,
}

impl Terms {
    pub const NONE: Self = Self {
        note: false,
        atom_uri: false,
        actor: false,
        hashtag: false,
        emoji: false,
        blurhash: false,
        focal_point: false,
        quote_authorization: false,
        quote_request: false,
        featured_collection: false,
        sensitive: false,
        discoverable: false,
        feature_request: false,
        feature_authorization: false,
        security: false,
    };
    pub const EVERYTHING: Self = Self {
        note: true,
        atom_uri: true,
        actor: true,
        hashtag: true,
        emoji: true,
        blurhash: true,
        focal_point: true,
        quote_authorization: true,
        quote_request: true,
        featured_collection: true,
        sensitive: true,
        discoverable: true,
        feature_request: true,
        feature_authorization: true,
        security: true,
    };
    pub const NOTE: Self = Self { note: true, ..Self::NONE };
    pub const ACTOR: Self = Self { actor: true, security: true, ..Self::NONE };

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            note: self.note || other.note,
            atom_uri: self.atom_uri || other.atom_uri,
            actor: self.actor || other.actor,
            hashtag: self.hashtag || other.hashtag,
            emoji: self.emoji || other.emoji,
            blurhash: self.blurhash || other.blurhash,
            focal_point: self.focal_point || other.focal_point,
            quote_authorization: self.quote_authorization || other.quote_authorization,
            quote_request: self.quote_request || other.quote_request,
            featured_collection: self.featured_collection || other.featured_collection,
            sensitive: self.sensitive || other.sensitive,
            discoverable: self.discoverable || other.discoverable,
            feature_request: self.feature_request || other.feature_request,
            feature_authorization: self.feature_authorization || other.feature_authorization,
            security: self.security || other.security,
        }
    }

    /// A single string where no extension is used, an array otherwise.
    #[must_use]
    pub fn context(self) -> Value {
        let mut named = vec![json!(ACTIVITY_STREAMS)];
        if self.security {
            named.push(json!(SECURITY));
        }
        if self.actor {
            named.push(json!(WEBFINGER));
        }
        let terms = self.definitions();
        if !terms.is_empty() {
            named.push(Value::Object(terms));
        }
        if named.len() == 1 { json!(ACTIVITY_STREAMS) } else { Value::Array(named) }
    }

    fn definitions(self) -> Map<String, Value> {
        let mut terms = Map::new();
        if self.actor {
            define(&mut terms, actor_terms());
        }
        if self.note {
            define(&mut terms, note_terms());
        }
        if self.atom_uri {
            define(&mut terms, json!({"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri"}));
        }
        if self.hashtag {
            define(&mut terms, json!({"Hashtag": "as:Hashtag"}));
        }
        if self.emoji {
            define(&mut terms, json!({"toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji"}));
        }
        if self.blurhash {
            define(&mut terms, json!({"toot": "http://joinmastodon.org/ns#", "blurhash": "toot:blurhash"}));
        }
        if self.focal_point {
            define(
                &mut terms,
                json!({"toot": "http://joinmastodon.org/ns#", "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"}}),
            );
        }
        if self.quote_request {
            define(&mut terms, json!({"QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest"}));
        }
        if self.quote_authorization {
            define(
                &mut terms,
                json!({
                    "gts": "https://gotosocial.org/ns#",
                    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
                    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
                    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
                }),
            );
        }
        if self.featured_collection {
            define(&mut terms, collection_terms());
        }
        if self.sensitive {
            define(&mut terms, json!({"sensitive": "as:sensitive"}));
        }
        if self.discoverable {
            define(&mut terms, json!({"toot": "http://joinmastodon.org/ns#", "discoverable": "toot:discoverable"}));
        }
        if self.feature_request {
            define(&mut terms, json!({"FeatureRequest": "https://w3id.org/fep/7aa9#FeatureRequest"}));
        }
        if self.feature_authorization {
            define(
                &mut terms,
                json!({
                    "gts": "https://gotosocial.org/ns#",
                    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
                    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
                    "FeatureAuthorization": "https://w3id.org/fep/7aa9#FeatureAuthorization",
                }),
            );
        }
        terms
    }
}

fn collection_terms() -> Value {
    json!({
        "FeaturedCollection": "https://w3id.org/fep/7aa9#FeaturedCollection",
        "FeaturedItem": "https://w3id.org/fep/7aa9#FeaturedItem",
        "FeatureRequest": "https://w3id.org/fep/7aa9#FeatureRequest",
        "FeatureAuthorization": "https://w3id.org/fep/7aa9#FeatureAuthorization",
        "featuredObject": {"@id": "https://w3id.org/fep/7aa9#featuredObject", "@type": "@id"},
        "featureAuthorization": {"@id": "https://w3id.org/fep/7aa9#featureAuthorization", "@type": "@id"},
        "topic": {"@id": "https://w3id.org/fep/7aa9#topic", "@type": "@id"},
    })
}

fn define(terms: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        terms.extend(more);
    }
}

fn note_terms() -> Value {
    json!({
        "ostatus": "http://ostatus.org#",
        "atomUri": "ostatus:atomUri",
        "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
        "conversation": "ostatus:conversation",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
        "votersCount": "toot:votersCount",
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "quoteUri": "http://fedibird.com/ns#quoteUri",
        "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
        "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canFeature": {"@id": "https://w3id.org/fep/7aa9#canFeature", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    })
}

fn actor_terms() -> Value {
    json!({
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "toot": "http://joinmastodon.org/ns#",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "discoverable": "toot:discoverable",
        "suspended": "toot:suspended",
        "memorial": "toot:memorial",
        "indexable": "toot:indexable",
        "attributionDomains": {"@id": "toot:attributionDomains", "@container": "@set"},
        "showFeatured": "toot:showFeatured",
        "showMedia": "toot:showMedia",
        "showRepliesInMedia": "toot:showRepliesInMedia",
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canFeature": {"@id": "https://w3id.org/fep/7aa9#canFeature", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    })
}

#[cfg(test)]
mod tests {
    use super::Terms;
    use serde_json::json;

    #[test]
    fn a_plain_activity_has_a_plain_context() {
        assert_eq!(Terms::NONE.context(), json!("https://www.w3.org/ns/activitystreams"));
    }

    #[test]
    fn a_note_names_only_what_it_uses() {
        let context = Terms::NOTE.context();
        assert_eq!(context[1]["atomUri"], "ostatus:atomUri");
        assert!(context[1].get("Hashtag").is_none());
        let tagged = Terms { hashtag: true, ..Terms::NOTE }.context();
        assert_eq!(tagged[1]["Hashtag"], "as:Hashtag");
    }
}
