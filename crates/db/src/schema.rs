//! Which schema this is: adopted as Mastodon left it, or made by our migrations.
