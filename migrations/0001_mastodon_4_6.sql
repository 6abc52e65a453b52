-- The tables of Mastodon 4.6, as Mastodon itself would have made them.
--
-- Everything in schema `public` is shared with Mastodon: a database that Mastodon created is adopted as it stands
-- (this file is then not run), and one created here can be taken over by Mastodon later. So nothing of Ferrodon's own
-- belongs here, and nothing here ever changes except with a new version of Mastodon.
--
-- `./dev test` compares the result with the recorded structure of a real 4.6.5 database
-- (tests/conformance/structure). The accounts and applications that need secrets of their own are made by
-- `ferrodon db setup`; see README.md.

-- Ids that sort by time: milliseconds since 1970 in the upper 48 bits; the lower 16 bits are a hash of table, time
-- and a secret of this database, plus a sequence, so that nobody can count what a server does by looking at its ids.
-- The secret is drawn once, here.
DO $create$
BEGIN
  EXECUTE format($template$
    CREATE FUNCTION timestamp_id(table_name text) RETURNS bigint
      LANGUAGE plpgsql VOLATILE
      AS $body$
        DECLARE
          milliseconds bigint := (date_part('epoch', now()) * 1000)::bigint << 16;
          start bigint := ('x' || left(md5(table_name || %L || milliseconds::text), 4))::bit(16)::bigint;
        BEGIN
          RETURN milliseconds | ((start + nextval(table_name || '_id_seq')) & 65535);
        END
      $body$
  $template$, replace(gen_random_uuid()::text, '-', ''));
END
$create$;

-- Sequences behind `timestamp_id`. No column owns them.
CREATE SEQUENCE accounts_id_seq;
CREATE SEQUENCE collection_items_id_seq;
CREATE SEQUENCE collections_id_seq;
CREATE SEQUENCE media_attachments_id_seq;
CREATE SEQUENCE notification_requests_id_seq;
CREATE SEQUENCE quotes_id_seq;
CREATE SEQUENCE statuses_id_seq;

-- Roles, sign-in and applications
-- -------------------------------

-- Roles.
CREATE TABLE user_roles (
  id bigserial PRIMARY KEY, -- -99 = everyone role
  collection_limit integer DEFAULT 10 NOT NULL,
  color varchar DEFAULT '' NOT NULL,
  highlighted boolean DEFAULT false NOT NULL,
  name varchar DEFAULT '' NOT NULL,
  permissions bigint DEFAULT 0 NOT NULL,
  position integer DEFAULT 0 NOT NULL, -- everyone = -1
  require_2fa boolean DEFAULT false NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);

-- Local logins.
CREATE TABLE users (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  created_by_application_id bigint,
  invite_id bigint,
  role_id bigint, -- NULL = everyone
  age_verified_at timestamp(6), -- set on sign-up when min_age setting present
  approved boolean DEFAULT true NOT NULL, -- false = pending
  chosen_languages varchar[], -- NULL = all
  confirmation_sent_at timestamp,
  confirmation_token varchar, -- PLAIN token as mailed
  confirmed_at timestamp,
  consumed_timestep integer, -- last accepted TOTP step (unix/30)
  current_sign_in_at timestamp,
  disabled boolean DEFAULT false NOT NULL, -- frozen by moderators
  email varchar DEFAULT '' NOT NULL, -- lower-case, stripped
  encrypted_password varchar DEFAULT '' NOT NULL, -- bcrypt $2a$10$, no pepper; "" for external logins
  last_emailed_at timestamp,
  last_sign_in_at timestamp,
  locale varchar,
  otp_backup_codes varchar[], -- array of bcrypt hashes, one per unused code
  otp_required_for_login boolean DEFAULT false NOT NULL,
  otp_secret varchar, -- ENCRYPTED (Active Record encryption JSON) base32 32 chars
  require_tos_interstitial boolean DEFAULT false NOT NULL,
  reset_password_sent_at timestamp,
  reset_password_token varchar, -- hex HMAC-SHA256 of the mailed token
  settings text,
  sign_in_count integer DEFAULT 0 NOT NULL,
  sign_in_token varchar, -- legacy, unused; leave alone
  sign_in_token_sent_at timestamp,
  sign_up_ip inet,
  skip_sign_in_token boolean, -- ignored by 4.6
  time_zone varchar,
  unconfirmed_email varchar,
  webauthn_id varchar, -- base64url user handle
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_users_on_account_id ON users (account_id);
CREATE UNIQUE INDEX index_users_on_confirmation_token ON users (confirmation_token);
CREATE INDEX index_users_on_created_by_application_id ON users (created_by_application_id)
  WHERE (created_by_application_id IS NOT NULL);
CREATE UNIQUE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX index_users_on_reset_password_token ON users (reset_password_token text_pattern_ops)
  WHERE (reset_password_token IS NOT NULL);
CREATE INDEX index_users_on_role_id ON users (role_id) WHERE (role_id IS NOT NULL);
CREATE INDEX index_users_on_unconfirmed_email ON users (unconfirmed_email) WHERE (unconfirmed_email IS NOT NULL);

-- Sign-up reason text.
CREATE TABLE user_invite_requests (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  text text,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_user_invite_requests_on_user_id ON user_invite_requests (user_id);

-- Invite codes.
CREATE TABLE invites (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  autofollow boolean DEFAULT false NOT NULL,
  code varchar DEFAULT '' NOT NULL, -- 8 chars from a-zA-Z0-9 minus 0 1 I l O
  comment text,
  expires_at timestamp,
  max_uses integer,
  uses integer DEFAULT 0 NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_invites_on_code ON invites (code);
CREATE INDEX index_invites_on_user_id ON invites (user_id);

-- SSO identities of users.
CREATE TABLE identities (
  id bigserial PRIMARY KEY,
  user_id bigint,
  provider varchar DEFAULT '' NOT NULL, -- omniauth name: cas, saml, openid_connect
  uid varchar DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_identities_on_uid_and_provider ON identities (uid, provider);
CREATE INDEX index_identities_on_user_id ON identities (user_id);

-- Security keys.
CREATE TABLE webauthn_credentials (
  id bigserial PRIMARY KEY,
  user_id bigint,
  external_id varchar NOT NULL, -- base64url
  nickname varchar NOT NULL,
  public_key varchar NOT NULL, -- base64url (COSE key)
  sign_count bigint DEFAULT 0 NOT NULL, -- bigint
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_webauthn_credentials_on_external_id ON webauthn_credentials (external_id);
CREATE UNIQUE INDEX index_webauthn_credentials_on_user_id_and_nickname ON webauthn_credentials (user_id, nickname);

-- Browser sessions.
CREATE TABLE session_activations (
  id bigserial PRIMARY KEY,
  access_token_id bigint,
  user_id bigint NOT NULL,
  ip inet,
  session_id varchar NOT NULL, -- 32 hex chars = value inside signed cookie _session_id
  user_agent varchar DEFAULT '' NOT NULL,
  web_push_subscription_id bigint,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_session_activations_on_access_token_id ON session_activations (access_token_id);
CREATE UNIQUE INDEX index_session_activations_on_session_id ON session_activations (session_id);
CREATE INDEX index_session_activations_on_user_id ON session_activations (user_id);

-- Sign-in log.
CREATE TABLE login_activities (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  authentication_method varchar, -- password|otp|webauthn|sign_in_token|omniauth
  failure_reason varchar,
  ip inet,
  provider varchar,
  success boolean,
  user_agent varchar,
  created_at timestamp
);
CREATE INDEX index_login_activities_on_user_id ON login_activities (user_id);

-- Apps.
CREATE TABLE oauth_applications (
  id bigserial PRIMARY KEY,
  owner_id bigint,
  confidential boolean DEFAULT true NOT NULL, -- default true
  name varchar NOT NULL,
  owner_type varchar, -- "User" or NULL
  redirect_uri text NOT NULL, -- newline separated list
  scopes varchar DEFAULT '' NOT NULL, -- space separated
  secret varchar NOT NULL, -- PLAIN text
  superapp boolean DEFAULT false NOT NULL, -- true for the built-in Web application
  uid varchar NOT NULL, -- 43 chars
  website varchar,
  created_at timestamp,
  updated_at timestamp
);
CREATE INDEX index_oauth_applications_on_owner_id_and_owner_type ON oauth_applications (owner_id, owner_type);
CREATE INDEX index_oauth_applications_on_superapp ON oauth_applications (superapp) WHERE (superapp = true);
CREATE UNIQUE INDEX index_oauth_applications_on_uid ON oauth_applications (uid);

-- Authorization codes.
CREATE TABLE oauth_access_grants (
  id bigserial PRIMARY KEY,
  application_id bigint NOT NULL,
  resource_owner_id bigint NOT NULL,
  code_challenge varchar,
  code_challenge_method varchar, -- S256 only
  expires_in integer NOT NULL, -- 600
  redirect_uri text NOT NULL,
  revoked_at timestamp,
  scopes varchar,
  token varchar NOT NULL, -- plain; 43 chars urlsafe base64
  created_at timestamp NOT NULL
);
CREATE INDEX index_oauth_access_grants_on_resource_owner_id ON oauth_access_grants (resource_owner_id);
CREATE UNIQUE INDEX index_oauth_access_grants_on_token ON oauth_access_grants (token);

-- API tokens and browser-session tokens.
CREATE TABLE oauth_access_tokens (
  id bigserial PRIMARY KEY,
  application_id bigint, -- NULL if app deleted
  resource_owner_id bigint, -- NULL for client_credentials tokens
  expires_in integer, -- NULL = never
  last_used_at timestamp,
  last_used_ip inet,
  refresh_token varchar, -- NULL (not used)
  revoked_at timestamp,
  scopes varchar, -- space separated
  token varchar NOT NULL, -- PLAIN text, 43 chars urlsafe base64 of 32 bytes
  created_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_oauth_access_tokens_on_refresh_token ON oauth_access_tokens (refresh_token text_pattern_ops)
  WHERE (refresh_token IS NOT NULL);
CREATE INDEX index_oauth_access_tokens_on_resource_owner_id ON oauth_access_tokens (resource_owner_id)
  WHERE (resource_owner_id IS NOT NULL);
CREATE UNIQUE INDEX index_oauth_access_tokens_on_token ON oauth_access_tokens (token);

-- Web client UI state.
CREATE TABLE web_settings (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  data json, -- json blob of the web client, opaque
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_web_settings_on_user_id ON web_settings (user_id);

-- Push endpoints.
CREATE TABLE web_push_subscriptions (
  id bigserial PRIMARY KEY,
  access_token_id bigint NOT NULL,
  user_id bigint NOT NULL,
  data json, -- json {alerts:{type:bool},policy:all|followed|follower|none}
  endpoint varchar NOT NULL,
  key_auth varchar NOT NULL, -- urlsafe base64
  key_p256dh varchar NOT NULL, -- urlsafe base64
  standard boolean DEFAULT false NOT NULL, -- true = aes128gcm/RFC 8291, false = legacy aesgcm
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_web_push_subscriptions_on_access_token_id ON web_push_subscriptions (access_token_id)
  WHERE (access_token_id IS NOT NULL);
CREATE INDEX index_web_push_subscriptions_on_user_id ON web_push_subscriptions (user_id);

-- Read positions of home and notifications.
CREATE TABLE markers (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  last_read_id bigint DEFAULT 0 NOT NULL,
  lock_version integer DEFAULT 0 NOT NULL, -- optimistic lock
  timeline varchar DEFAULT '' NOT NULL, -- home|notifications
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_markers_on_user_id_and_timeline ON markers (user_id, timeline);

-- Accounts
-- --------

-- Every actor, local and remote, plus instance actor -99.
CREATE TABLE accounts (
  id bigint DEFAULT timestamp_id('accounts') PRIMARY KEY, -- -99 = instance actor
  moved_to_account_id bigint,
  actor_type varchar,
  also_known_as varchar[], -- NULL allowed (=[])
  attribution_domains varchar[] DEFAULT '{}', -- lower-case bare domains
  avatar_content_type varchar,
  avatar_description varchar DEFAULT '' NOT NULL,
  avatar_file_name varchar, -- 16 hex chars + ext; NULL = no file
  avatar_file_size integer,
  avatar_remote_url varchar, -- NULL or "" when local
  avatar_storage_schema_version integer, -- NULL/0 or 1; >=1 and remote adds cache/ prefix to path
  avatar_updated_at timestamp,
  collections_url varchar,
  discoverable boolean, -- tri-state
  display_name varchar DEFAULT '' NOT NULL, -- limit 40 local, 2048 remote
  domain varchar, -- NULL = local; otherwise lower-case punycode
  feature_approval_policy integer DEFAULT 0 NOT NULL,
  featured_collection_url varchar,
  fields jsonb,
  followers_url varchar DEFAULT '' NOT NULL, -- "" for local
  following_url varchar DEFAULT '' NOT NULL, -- "" for local
  header_content_type varchar,
  header_description varchar DEFAULT '' NOT NULL,
  header_file_name varchar,
  header_file_size integer,
  header_remote_url varchar DEFAULT '' NOT NULL,
  header_storage_schema_version integer, -- as avatar
  header_updated_at timestamp,
  hide_collections boolean, -- tri-state
  id_scheme integer DEFAULT 1,
  inbox_url varchar DEFAULT '' NOT NULL, -- "" for local
  indexable boolean DEFAULT false NOT NULL,
  last_webfingered_at timestamp, -- NULL forces refresh
  locked boolean DEFAULT false NOT NULL,
  memorial boolean DEFAULT false NOT NULL, -- blocks sign-in
  note text DEFAULT '' NOT NULL, -- 500 graphemes local (URLs=23), 20480 chars remote
  outbox_url varchar DEFAULT '' NOT NULL, -- "" for local
  private_key text, -- PEM RSA 2048 PKCS#1, local only, NOT encrypted
  protocol integer DEFAULT 0 NOT NULL, -- 0 ostatus, 1 activitypub; default 0 also for LOCAL accounts
  public_key text DEFAULT '' NOT NULL, -- PEM SPKI; local always; remote "" once keys moved to keypairs
  requested_review_at timestamp,
  reviewed_at timestamp,
  sensitized_at timestamp,
  shared_inbox_url varchar DEFAULT '' NOT NULL, -- "" for local
  show_featured boolean DEFAULT true NOT NULL,
  show_media boolean DEFAULT true NOT NULL,
  show_media_replies boolean DEFAULT true NOT NULL,
  silenced_at timestamp,
  suspended_at timestamp, -- equals domain_blocks.created_at when set by a domain block
  suspension_origin integer, -- 0 local, 1 remote
  trendable boolean, -- tri-state (NULL = Setting.trendable_by_default)
  uri varchar DEFAULT '' NOT NULL, -- "" for local
  url varchar, -- profile URL of remote; NULL local
  username varchar DEFAULT '' NOT NULL, -- case preserved; uniqueness is lower(username)+lower(domain)
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_accounts_on_domain_and_id ON accounts (domain, id);
CREATE INDEX index_accounts_on_moved_to_account_id ON accounts (moved_to_account_id)
  WHERE (moved_to_account_id IS NOT NULL);
CREATE INDEX index_accounts_on_uri ON accounts (uri);
CREATE INDEX index_accounts_on_url ON accounts (url text_pattern_ops) WHERE (url IS NOT NULL);
CREATE UNIQUE INDEX index_accounts_on_username_and_domain_lower ON accounts
  (lower((username)::text), COALESCE(lower((domain)::text), ''::text));
CREATE INDEX search_index ON accounts
  USING gin ((((setweight(to_tsvector('simple'::regconfig, (display_name)::text), 'A'::"char")
    || setweight(to_tsvector('simple'::regconfig, (username)::text), 'B'::"char"))
    || setweight(to_tsvector('simple'::regconfig, (COALESCE(domain, ''::character varying))::text), 'C'::"char"))));

-- Counters of an account, 0..1 row.
CREATE TABLE account_stats (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL, -- row may be missing (treated as zero counts)
  followers_count bigint DEFAULT 0 NOT NULL, -- may be negative in DB; readers clamp to 0
  following_count bigint DEFAULT 0 NOT NULL, -- clamped to 0 on read
  last_status_at timestamp, -- GREATEST(old,new) on increment only
  statuses_count bigint DEFAULT 0 NOT NULL, -- excludes direct posts; clamped on read
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_account_stats_on_account_id ON account_stats (account_id);
CREATE INDEX index_account_stats_on_last_status_at_and_account_id ON account_stats
  (last_status_at DESC NULLS LAST, account_id);

-- Old addresses a local user declares before moving in.
CREATE TABLE account_aliases (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  acct varchar DEFAULT '' NOT NULL, -- normalised: stripped, leading @ removed
  uri varchar DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_account_aliases_on_account_id_and_uri ON account_aliases (account_id, uri);

-- Outgoing moves of local users.
CREATE TABLE account_migrations (
  id bigserial PRIMARY KEY,
  account_id bigint,
  target_account_id bigint,
  acct varchar DEFAULT '' NOT NULL, -- stripped, no leading @
  followers_count bigint DEFAULT 0 NOT NULL,
  created_at timestamp NOT NULL, -- 30-day cooldown counts from here
  updated_at timestamp NOT NULL
);
CREATE INDEX index_account_migrations_on_account_id ON account_migrations (account_id);
CREATE INDEX index_account_migrations_on_target_account_id ON account_migrations (target_account_id)
  WHERE (target_account_id IS NOT NULL);

-- Suspended accounts waiting 30 days for data removal.
CREATE TABLE account_deletion_requests (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  created_at timestamp NOT NULL, -- deletion due 30 days later
  updated_at timestamp NOT NULL
);
CREATE INDEX index_account_deletion_requests_on_account_id ON account_deletion_requests (account_id);

-- Private note one user keeps on another.
CREATE TABLE account_notes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  comment text NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_account_notes_on_account_id_and_target_account_id ON account_notes
  (account_id, target_account_id);
CREATE INDEX index_account_notes_on_target_account_id ON account_notes (target_account_id);

-- Endorsed (featured) accounts.
CREATE TABLE account_pins (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_account_pins_on_account_id_and_target_account_id ON account_pins
  (account_id, target_account_id);
CREATE INDEX index_account_pins_on_target_account_id ON account_pins (target_account_id);

-- Auto-delete settings of a local user.
CREATE TABLE account_statuses_cleanup_policies (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  enabled boolean DEFAULT true NOT NULL,
  keep_direct boolean DEFAULT true NOT NULL,
  keep_media boolean DEFAULT false NOT NULL,
  keep_pinned boolean DEFAULT true NOT NULL,
  keep_polls boolean DEFAULT false NOT NULL,
  keep_self_bookmark boolean DEFAULT true NOT NULL,
  keep_self_fav boolean DEFAULT true NOT NULL,
  min_favs integer,
  min_reblogs integer,
  min_status_age integer DEFAULT 1209600 NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_account_statuses_cleanup_policies_on_account_id ON account_statuses_cleanup_policies (account_id);

-- Public keys of remote actors (up to 10 each), replaces accounts.public_key.
CREATE TABLE keypairs (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  expires_at timestamp(6),
  private_key varchar,
  public_key varchar NOT NULL, -- PEM
  revoked boolean DEFAULT false NOT NULL,
  type integer NOT NULL, -- 0 rsa
  uri varchar NOT NULL, -- key id e.g. https://host/users/x#main-key
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_keypairs_on_account_id ON keypairs (account_id);
CREATE UNIQUE INDEX index_keypairs_on_uri ON keypairs (uri);

-- URIs deleted remotely, blocks re-import.
CREATE TABLE tombstones (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  by_moderator boolean,
  uri varchar NOT NULL, -- object URI that must not be re-imported
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_tombstones_on_account_id ON tombstones (account_id);
CREATE INDEX index_tombstones_on_uri ON tombstones (uri);

-- Relations between accounts
-- --------------------------

-- Established follows.
CREATE TABLE follows (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  languages varchar[], -- NULL = all
  notify boolean DEFAULT false NOT NULL, -- bell
  show_reblogs boolean DEFAULT true NOT NULL,
  uri varchar, -- always filled; carried over from the request
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_follows_on_account_id_and_target_account_id ON follows (account_id, target_account_id);
CREATE INDEX index_follows_on_target_account_id_and_account_id ON follows (target_account_id, account_id);

-- Pending follows in both directions.
CREATE TABLE follow_requests (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  languages varchar[], -- NULL = all
  notify boolean DEFAULT false NOT NULL,
  show_reblogs boolean DEFAULT true NOT NULL,
  uri varchar, -- always filled; https://host/payloads/<uuid> for local
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_follow_requests_on_account_id_and_target_account_id ON follow_requests
  (account_id, target_account_id);

-- Account blocks, both local owners and remote owners that block local users.
CREATE TABLE blocks (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  uri varchar, -- activity id; generated https://host/payloads/<uuid> when local
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_blocks_on_account_id_and_target_account_id ON blocks (account_id, target_account_id);
CREATE INDEX index_blocks_on_target_account_id ON blocks (target_account_id);

-- Account mutes.
CREATE TABLE mutes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  expires_at timestamp,
  hide_notifications boolean DEFAULT true NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_mutes_on_account_id_and_target_account_id ON mutes (account_id, target_account_id);
CREATE INDEX index_mutes_on_target_account_id ON mutes (target_account_id);

-- Per-user domain blocks.
CREATE TABLE account_domain_blocks (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  domain varchar NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_account_domain_blocks_on_account_id_and_domain ON account_domain_blocks
  (account_id, domain);

-- Dismissed suggestions.
CREATE TABLE follow_recommendation_mutes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX idx_on_account_id_target_account_id_a8c8ddf44e ON follow_recommendation_mutes
  (account_id, target_account_id);
CREATE INDEX index_follow_recommendation_mutes_on_target_account_id ON follow_recommendation_mutes
  (target_account_id);

-- Accounts hidden from suggestions by staff.
CREATE TABLE follow_recommendation_suppressions (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_follow_recommendation_suppressions_on_account_id ON follow_recommendation_suppressions
  (account_id);

-- Domain block and user domain block events (purged flag set by domain purge).
CREATE TABLE relationship_severance_events (
  id bigserial PRIMARY KEY,
  purged boolean DEFAULT false NOT NULL,
  target_name varchar NOT NULL,
  type integer NOT NULL, -- 0 domain_block,1 user_domain_block,2 account_suspension
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_relationship_severance_events_on_type_and_target_name ON relationship_severance_events
  (type, target_name);

-- One row per affected local user of a severance event.
CREATE TABLE account_relationship_severance_events (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  relationship_severance_event_id bigint NOT NULL,
  followers_count integer DEFAULT 0 NOT NULL,
  following_count integer DEFAULT 0 NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX idx_on_account_id_relationship_severance_event_id_7bd82bf20e ON account_relationship_severance_events
  (account_id, relationship_severance_event_id);
CREATE INDEX idx_on_relationship_severance_event_id_403f53e707 ON account_relationship_severance_events
  (relationship_severance_event_id);

-- Copies of lost follows.
CREATE TABLE severed_relationships (
  id bigserial PRIMARY KEY,
  local_account_id bigint NOT NULL,
  relationship_severance_event_id bigint NOT NULL,
  remote_account_id bigint NOT NULL,
  direction integer NOT NULL, -- 0 passive (remote followed local),1 active
  languages varchar[],
  notify boolean,
  show_reblogs boolean,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_severed_relationships_on_local_account_and_event ON severed_relationships
  (local_account_id, relationship_severance_event_id);
CREATE INDEX index_severed_relationships_on_remote_account_id ON severed_relationships (remote_account_id);
CREATE UNIQUE INDEX index_severed_relationships_on_unique_tuples ON severed_relationships
  (relationship_severance_event_id, local_account_id, direction, remote_account_id);

-- User lists.
CREATE TABLE lists (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  exclusive boolean DEFAULT false NOT NULL,
  replies_policy integer DEFAULT 0 NOT NULL, -- 0 list,1 followed,2 none
  title varchar DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_lists_on_account_id ON lists (account_id);

-- Members of lists.
CREATE TABLE list_accounts (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  follow_id bigint,
  follow_request_id bigint,
  list_id bigint NOT NULL
);
CREATE UNIQUE INDEX index_list_accounts_on_account_id_and_list_id ON list_accounts (account_id, list_id);
CREATE INDEX index_list_accounts_on_follow_id ON list_accounts (follow_id) WHERE (follow_id IS NOT NULL);
CREATE INDEX index_list_accounts_on_follow_request_id ON list_accounts (follow_request_id)
  WHERE (follow_request_id IS NOT NULL);
CREATE INDEX index_list_accounts_on_list_id_and_account_id ON list_accounts (list_id, account_id);

-- Statuses
-- --------

-- Thread anchors.
CREATE TABLE conversations (
  id bigserial PRIMARY KEY,
  parent_account_id bigint,
  parent_status_id bigint, -- first status
  uri varchar, -- NULL = local
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_conversations_on_parent_status_id ON conversations (parent_status_id)
  WHERE (parent_status_id IS NOT NULL);
CREATE UNIQUE INDEX index_conversations_on_uri ON conversations (uri text_pattern_ops) WHERE (uri IS NOT NULL);

-- Muted threads; no timestamps.
CREATE TABLE conversation_mutes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  conversation_id bigint NOT NULL
);
CREATE UNIQUE INDEX index_conversation_mutes_on_account_id_and_conversation_id ON conversation_mutes
  (account_id, conversation_id);

-- Direct-message threads per local owner.
CREATE TABLE account_conversations (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  conversation_id bigint NOT NULL,
  last_status_id bigint, -- always the last element of status_ids
  lock_version integer DEFAULT 0 NOT NULL,
  participant_account_ids bigint[] DEFAULT '{}' NOT NULL, -- sorted ascending, excludes owner
  status_ids bigint[] DEFAULT '{}' NOT NULL, -- sorted ascending
  unread boolean DEFAULT false NOT NULL
);
CREATE INDEX index_account_conversations_on_conversation_id ON account_conversations (conversation_id);
CREATE UNIQUE INDEX index_unique_conversations ON account_conversations
  (account_id, conversation_id, participant_account_ids);

-- Posts and boosts.
CREATE TABLE statuses (
  id bigint DEFAULT timestamp_id('statuses') PRIMARY KEY,
  account_id bigint NOT NULL,
  in_reply_to_account_id bigint, -- for self-replies inside a thread: account the thread replies to
  in_reply_to_id bigint,
  reblog_of_id bigint,
  application_id bigint, -- oauth application
  conversation_id bigint,
  deleted_at timestamp, -- soft delete (discard); default scope hides non-NULL
  edited_at timestamp, -- NULL = never edited
  fetched_replies_at timestamp(6),
  language varchar, -- ISO code or NULL
  local boolean,
  ordered_media_attachment_ids bigint[], -- NULL = order by id; [] = none
  poll_id bigint,
  quote_approval_policy integer DEFAULT 0 NOT NULL, -- bitmap as accounts.feature_approval_policy; 0 = nobody
  reply boolean DEFAULT false NOT NULL, -- true for any reply, also when parent unknown
  sensitive boolean DEFAULT false NOT NULL,
  spoiler_text text DEFAULT '' NOT NULL,
  text text DEFAULT '' NOT NULL,
  trendable boolean, -- tri-state
  uri varchar, -- filled also for local posts after creation (update after insert)
  url varchar, -- NULL for local
  visibility integer DEFAULT 0 NOT NULL, -- 0 public,1 unlisted,2 private,3 direct,4 limited
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_statuses_20190820 ON statuses (account_id, id DESC, visibility, updated_at)
  WHERE (deleted_at IS NULL);
CREATE INDEX index_statuses_local_20190824 ON statuses (id DESC, account_id)
  WHERE ((local OR (uri IS NULL))
    AND (deleted_at IS NULL)
    AND (visibility = 0)
    AND (reblog_of_id IS NULL)
    AND ((NOT reply) OR (in_reply_to_account_id = account_id)));
CREATE INDEX index_statuses_on_account_id ON statuses (account_id);
CREATE INDEX index_statuses_on_conversation_id ON statuses (conversation_id);
CREATE INDEX index_statuses_on_deleted_at ON statuses (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX index_statuses_on_in_reply_to_account_id ON statuses (in_reply_to_account_id)
  WHERE (in_reply_to_account_id IS NOT NULL);
CREATE INDEX index_statuses_on_in_reply_to_id ON statuses (in_reply_to_id) WHERE (in_reply_to_id IS NOT NULL);
CREATE INDEX index_statuses_on_reblog_of_id_and_account_id ON statuses (reblog_of_id, account_id);
CREATE UNIQUE INDEX index_statuses_on_uri ON statuses (uri text_pattern_ops) WHERE (uri IS NOT NULL);
CREATE INDEX index_statuses_public_20250129 ON statuses (id DESC, language, account_id)
  WHERE ((deleted_at IS NULL)
    AND (visibility = 0)
    AND (reblog_of_id IS NULL)
    AND ((NOT reply) OR (in_reply_to_account_id = account_id)));

-- Counters of a post, 0..1 row.
CREATE TABLE status_stats (
  id bigserial PRIMARY KEY,
  status_id bigint NOT NULL,
  favourites_count bigint DEFAULT 0 NOT NULL, -- clamped to >=0 on read
  quotes_count bigint DEFAULT 0 NOT NULL,
  reblogs_count bigint DEFAULT 0 NOT NULL,
  replies_count bigint DEFAULT 0 NOT NULL,
  untrusted_favourites_count bigint, -- remote-reported; 0..100000000
  untrusted_reblogs_count bigint, -- remote-reported
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_status_stats_on_status_id ON status_stats (status_id);

-- Edit history (created on first edit: original plus new revision).
CREATE TABLE status_edits (
  id bigserial PRIMARY KEY,
  account_id bigint,
  status_id bigint NOT NULL,
  media_descriptions text[], -- parallel to ordered_media_attachment_ids
  ordered_media_attachment_ids bigint[],
  poll_options varchar[],
  quote_id bigint,
  sensitive boolean,
  spoiler_text text DEFAULT '' NOT NULL,
  text text DEFAULT '' NOT NULL,
  created_at timestamp(6) NOT NULL, -- time of that revision (first row = original created_at)
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_status_edits_on_account_id ON status_edits (account_id);
CREATE INDEX index_status_edits_on_status_id ON status_edits (status_id);

-- Pinned posts (5 local max).
CREATE TABLE status_pins (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  status_id bigint NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_status_pins_on_account_id_and_status_id ON status_pins (account_id, status_id);
CREATE INDEX index_status_pins_on_status_id ON status_pins (status_id);

-- Posts waiting for their time.
CREATE TABLE scheduled_statuses (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  params jsonb,
  scheduled_at timestamp
);
CREATE INDEX index_scheduled_statuses_on_account_id ON scheduled_statuses (account_id);
CREATE INDEX index_scheduled_statuses_on_scheduled_at ON scheduled_statuses (scheduled_at);

-- Addressed accounts; silent=true for audience-only.
CREATE TABLE mentions (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  status_id bigint NOT NULL,
  silent boolean DEFAULT false NOT NULL, -- true = addressed but not mentioned in text
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_mentions_on_account_id_and_status_id ON mentions (account_id, status_id);
CREATE INDEX index_mentions_on_status_id ON mentions (status_id);

-- Quote relation of a post.
CREATE TABLE quotes (
  id bigint DEFAULT timestamp_id('quotes') PRIMARY KEY,
  account_id bigint NOT NULL,
  quoted_account_id bigint,
  quoted_status_id bigint,
  status_id bigint NOT NULL,
  activity_uri varchar, -- QuoteRequest id; required when local quotes remote
  approval_uri varchar, -- NULL when the quoted author is local (URL is computed)
  legacy boolean DEFAULT false NOT NULL,
  state integer DEFAULT 0 NOT NULL, -- 0 pending,1 accepted,2 rejected,3 revoked,4 deleted
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_quotes_on_account_id_and_quoted_account_id_and_id ON quotes (account_id, quoted_account_id, id);
CREATE UNIQUE INDEX index_quotes_on_activity_uri ON quotes (activity_uri) WHERE (activity_uri IS NOT NULL);
CREATE INDEX index_quotes_on_approval_uri ON quotes (approval_uri) WHERE (approval_uri IS NOT NULL);
CREATE INDEX index_quotes_on_quoted_account_id ON quotes (quoted_account_id);
CREATE INDEX index_quotes_on_quoted_status_id_and_id ON quotes (quoted_status_id, id);
CREATE UNIQUE INDEX index_quotes_on_status_id ON quotes (status_id);

-- Favourites.
CREATE TABLE favourites (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  status_id bigint NOT NULL, -- never a reblog row: always the original status
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_favourites_on_account_id_and_id ON favourites (account_id, id);
CREATE UNIQUE INDEX index_favourites_on_account_id_and_status_id ON favourites (account_id, status_id);
CREATE INDEX index_favourites_on_status_id ON favourites (status_id);

-- Bookmarks.
CREATE TABLE bookmarks (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  status_id bigint NOT NULL, -- never a reblog row
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_bookmarks_on_account_id_and_status_id ON bookmarks (account_id, status_id);
CREATE INDEX index_bookmarks_on_status_id ON bookmarks (status_id);

-- Polls.
CREATE TABLE polls (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  status_id bigint NOT NULL,
  cached_tallies bigint[] DEFAULT '{}' NOT NULL, -- same length as options; lock_version guards it
  expires_at timestamp, -- NULL possible for remote
  hide_totals boolean DEFAULT false NOT NULL,
  last_fetched_at timestamp,
  lock_version integer DEFAULT 0 NOT NULL, -- optimistic lock
  multiple boolean DEFAULT false NOT NULL,
  options varchar[] DEFAULT '{}' NOT NULL, -- strings; index is the choice
  voters_count bigint, -- NULL for remote servers that do not send it
  votes_count bigint DEFAULT 0 NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_polls_on_account_id ON polls (account_id);
CREATE INDEX index_polls_on_status_id ON polls (status_id);

-- Votes.
CREATE TABLE poll_votes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  poll_id bigint NOT NULL,
  choice integer DEFAULT 0 NOT NULL, -- 0-based index
  uri varchar, -- activity object id when vote came from remote
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_poll_votes_on_account_id ON poll_votes (account_id);
CREATE INDEX index_poll_votes_on_poll_id ON poll_votes (poll_id);

-- FEP tagged collections in a post.
CREATE TABLE tagged_objects (
  id bigserial PRIMARY KEY,
  status_id bigint NOT NULL,
  ap_type varchar NOT NULL, -- FeaturedCollection
  object_id bigint,
  object_type varchar, -- Collection
  uri varchar,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX idx_on_status_id_object_type_object_id_d6ebe374bd ON tagged_objects
  (status_id, object_type, object_id)
  WHERE ((object_type IS NOT NULL) AND (object_id IS NOT NULL));
CREATE INDEX index_tagged_objects_on_object ON tagged_objects (object_type, object_id);
CREATE UNIQUE INDEX index_tagged_objects_on_status_id_and_uri ON tagged_objects (status_id, uri)
  WHERE (uri IS NOT NULL);

-- Media, link previews and emoji
-- ------------------------------

-- Media.
CREATE TABLE media_attachments (
  id bigint DEFAULT timestamp_id('media_attachments') PRIMARY KEY,
  account_id bigint,
  scheduled_status_id bigint, -- set while attached to a scheduled post
  status_id bigint,
  blurhash varchar, -- 4x4 components
  description text,
  file_content_type varchar,
  file_file_name varchar, -- 16 hex chars + ext
  file_file_size integer,
  file_meta json,
  file_storage_schema_version integer, -- 0/1
  file_updated_at timestamp,
  processing integer,
  remote_url varchar DEFAULT '' NOT NULL, -- "" = local
  shortcode varchar, -- legacy; NULL now; 19 chars if present
  thumbnail_content_type varchar,
  thumbnail_file_name varchar, -- same rule
  thumbnail_file_size integer,
  thumbnail_remote_url varchar,
  thumbnail_storage_schema_version integer,
  thumbnail_updated_at timestamp,
  type integer DEFAULT 0 NOT NULL, -- 0 image,1 gifv,2 video,3 unknown,4 audio
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_media_attachments_on_account_id_and_status_id ON media_attachments (account_id, status_id DESC);
CREATE INDEX index_media_attachments_on_scheduled_status_id ON media_attachments (scheduled_status_id)
  WHERE (scheduled_status_id IS NOT NULL);
CREATE UNIQUE INDEX index_media_attachments_on_shortcode ON media_attachments (shortcode text_pattern_ops)
  WHERE (shortcode IS NOT NULL);
CREATE INDEX index_media_attachments_on_status_id ON media_attachments (status_id);

-- Publishers for link trends.
CREATE TABLE preview_card_providers (
  id bigserial PRIMARY KEY,
  domain varchar DEFAULT '' NOT NULL,
  icon_content_type varchar,
  icon_file_name varchar,
  icon_file_size bigint,
  icon_updated_at timestamp,
  requested_review_at timestamp,
  reviewed_at timestamp,
  trendable boolean,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_preview_card_providers_on_domain ON preview_card_providers (domain);

-- Link previews.
CREATE TABLE preview_cards (
  id bigserial PRIMARY KEY,
  author_account_id bigint,
  unverified_author_account_id bigint,
  author_name varchar DEFAULT '' NOT NULL,
  author_url varchar DEFAULT '' NOT NULL,
  blurhash varchar,
  description varchar DEFAULT '' NOT NULL,
  embed_url varchar DEFAULT '' NOT NULL,
  height integer DEFAULT 0 NOT NULL,
  html text DEFAULT '' NOT NULL,
  image_content_type varchar,
  image_description varchar DEFAULT '' NOT NULL,
  image_file_name varchar,
  image_file_size integer,
  image_storage_schema_version integer, -- 0/1; model says local?=false so always cache/ when 1
  image_updated_at timestamp,
  language varchar,
  link_type integer, -- NULL/0 unknown,1 article
  max_score double precision,
  max_score_at timestamp,
  provider_name varchar DEFAULT '' NOT NULL,
  provider_url varchar DEFAULT '' NOT NULL,
  published_at timestamp(6),
  title varchar DEFAULT '' NOT NULL,
  trendable boolean,
  type integer DEFAULT 0 NOT NULL, -- 0 link,1 photo,2 video,3 rich
  url varchar DEFAULT '' NOT NULL, -- canonical URL, unique, max 2692
  width integer DEFAULT 0 NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_preview_cards_on_author_account_id ON preview_cards (author_account_id)
  WHERE (author_account_id IS NOT NULL);
CREATE INDEX index_preview_cards_on_unverified_author_account_id_and_id ON preview_cards
  (unverified_author_account_id, id)
  WHERE (unverified_author_account_id IS NOT NULL);
CREATE UNIQUE INDEX index_preview_cards_on_url ON preview_cards (url);

-- Card of a post; composite key.
CREATE TABLE preview_cards_statuses (
  preview_card_id bigint NOT NULL,
  status_id bigint NOT NULL,
  url varchar, -- URL exactly as posted
  PRIMARY KEY (status_id, preview_card_id)
);

-- Emoji categories.
CREATE TABLE custom_emoji_categories (
  id bigserial PRIMARY KEY,
  featured_emoji_id bigint,
  name varchar,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_custom_emoji_categories_on_name ON custom_emoji_categories (name);

-- Local and cached remote emoji.
CREATE TABLE custom_emojis (
  id bigserial PRIMARY KEY,
  category_id bigint,
  disabled boolean DEFAULT false NOT NULL,
  domain varchar, -- NULL = local; lower-case
  image_content_type varchar,
  image_file_name varchar,
  image_file_size integer,
  image_remote_url varchar,
  image_storage_schema_version integer, -- 0/1
  image_updated_at timestamp,
  shortcode varchar DEFAULT '' NOT NULL, -- [a-zA-Z0-9_]{2,}; 128 max local, 2048 remote
  uri varchar,
  visible_in_picker boolean DEFAULT true NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_custom_emojis_on_shortcode_and_domain ON custom_emojis (shortcode, domain);

-- Hashtags and trends
-- -------------------

-- Hashtags.
CREATE TABLE tags (
  id bigserial PRIMARY KEY,
  display_name varchar, -- original spelling, invalid chars removed; NULL = name
  last_status_at timestamp,
  listable boolean,
  max_score double precision,
  max_score_at timestamp,
  name varchar DEFAULT '' NOT NULL, -- normalised: NFKC, lower-case, ASCII-folded, invalid chars removed
  requested_review_at timestamp,
  reviewed_at timestamp,
  trendable boolean,
  usable boolean,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_tags_on_name_lower_btree ON tags (lower((name)::text) text_pattern_ops);

-- Hashtags in local bios.
CREATE TABLE accounts_tags (
  account_id bigint NOT NULL,
  tag_id bigint NOT NULL,
  PRIMARY KEY (tag_id, account_id)
);
CREATE INDEX index_accounts_tags_on_account_id_and_tag_id ON accounts_tags (account_id, tag_id);

-- Hashtags of posts; composite key.
CREATE TABLE statuses_tags (
  status_id bigint NOT NULL,
  tag_id bigint NOT NULL,
  PRIMARY KEY (tag_id, status_id)
);
CREATE INDEX index_statuses_tags_on_status_id ON statuses_tags (status_id);

-- Followed hashtags.
CREATE TABLE tag_follows (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  tag_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_tag_follows_on_account_id_and_tag_id ON tag_follows (account_id, tag_id);
CREATE INDEX index_tag_follows_on_tag_id ON tag_follows (tag_id);

-- Featured hashtags of local and remote accounts.
CREATE TABLE featured_tags (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  tag_id bigint NOT NULL,
  last_status_at timestamp,
  name varchar, -- display spelling
  statuses_count bigint DEFAULT 0 NOT NULL, -- public+unlisted posts only
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_featured_tags_on_account_id_and_tag_id ON featured_tags (account_id, tag_id);
CREATE INDEX index_featured_tags_on_tag_id ON featured_tags (tag_id);

-- Current trending tags.
CREATE TABLE tag_trends (
  id bigserial PRIMARY KEY,
  tag_id bigint NOT NULL,
  allowed boolean DEFAULT false NOT NULL,
  language varchar DEFAULT '' NOT NULL, -- always "" 
  rank integer DEFAULT 0 NOT NULL,
  score double precision DEFAULT 0.0 NOT NULL
);
CREATE UNIQUE INDEX index_tag_trends_on_tag_id_and_language ON tag_trends (tag_id, language);

-- Current trending posts.
CREATE TABLE status_trends (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  status_id bigint NOT NULL,
  allowed boolean DEFAULT false NOT NULL,
  language varchar,
  rank integer DEFAULT 0 NOT NULL,
  score double precision DEFAULT 0.0 NOT NULL
);
CREATE INDEX index_status_trends_on_account_id ON status_trends (account_id);
CREATE UNIQUE INDEX index_status_trends_on_status_id ON status_trends (status_id);

-- Current trending links.
CREATE TABLE preview_card_trends (
  id bigserial PRIMARY KEY,
  preview_card_id bigint NOT NULL,
  allowed boolean DEFAULT false NOT NULL,
  language varchar,
  rank integer DEFAULT 0 NOT NULL, -- row_number per language, 1 = best
  score double precision DEFAULT 0.0 NOT NULL
);
CREATE UNIQUE INDEX index_preview_card_trends_on_preview_card_id ON preview_card_trends (preview_card_id);

-- Collections
-- -----------

-- User-curated lists of accounts.
CREATE TABLE collections (
  id bigint DEFAULT timestamp_id('collections') PRIMARY KEY,
  account_id bigint NOT NULL,
  tag_id bigint,
  description text,
  description_html text,
  discoverable boolean NOT NULL,
  item_count integer DEFAULT 0 NOT NULL, -- Rails counter cache of collection_items
  language varchar,
  local boolean NOT NULL,
  name varchar NOT NULL, -- 40 chars local,256 remote
  original_number_of_items integer,
  sensitive boolean NOT NULL,
  uri varchar,
  url varchar,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_collections_on_account_id ON collections (account_id);
CREATE INDEX index_collections_on_tag_id ON collections (tag_id);
CREATE UNIQUE INDEX index_collections_on_uri ON collections (uri) WHERE (uri IS NOT NULL);

-- Members of collections (featured accounts, FEP-7aa9).
CREATE TABLE collection_items (
  id bigint DEFAULT timestamp_id('collection_items') PRIMARY KEY,
  account_id bigint,
  collection_id bigint NOT NULL,
  activity_uri varchar, -- id of the FeatureRequest
  approval_last_verified_at timestamp(6),
  approval_uri varchar,
  object_uri varchar,
  position integer DEFAULT 1 NOT NULL, -- 1-based
  state integer DEFAULT 0 NOT NULL, -- 0 pending,1 accepted,2 rejected,3 revoked
  uri varchar,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_collection_items_on_account_id_and_collection_id ON collection_items
  (account_id, collection_id);
CREATE UNIQUE INDEX index_collection_items_on_approval_uri ON collection_items (approval_uri)
  WHERE (approval_uri IS NOT NULL);
CREATE INDEX index_collection_items_on_collection_id ON collection_items (collection_id);
CREATE INDEX index_collection_items_on_state ON collection_items (state) WHERE (state = ANY (ARRAY[2, 3]));
CREATE UNIQUE INDEX index_collection_items_on_uri ON collection_items (uri) WHERE (uri IS NOT NULL);

-- Join of reports and collections.
CREATE TABLE collection_reports (
  id bigserial PRIMARY KEY,
  collection_id bigint NOT NULL,
  report_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_collection_reports_on_collection_id ON collection_reports (collection_id);
CREATE INDEX index_collection_reports_on_report_id ON collection_reports (report_id);

-- Notifications and filters
-- -------------------------

-- Notifications.
CREATE TABLE notifications (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  from_account_id bigint NOT NULL,
  activity_id bigint NOT NULL,
  activity_type varchar NOT NULL,
  filtered boolean DEFAULT false NOT NULL, -- hidden until request accepted
  group_key varchar,
  type varchar,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_notifications_on_account_id_and_group_key ON notifications (account_id, group_key)
  WHERE (group_key IS NOT NULL);
CREATE INDEX index_notifications_on_account_id_and_id_and_type ON notifications (account_id, id DESC, type);
CREATE INDEX index_notifications_on_activity_id_and_activity_type ON notifications (activity_id, activity_type);
CREATE INDEX index_notifications_on_filtered ON notifications (account_id, id DESC, type) WHERE (filtered = false);
CREATE INDEX index_notifications_on_from_account_id ON notifications (from_account_id);

-- Per-user policy.
CREATE TABLE notification_policies (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  for_bots integer DEFAULT 0 NOT NULL, -- 0/1/2
  for_limited_accounts integer DEFAULT 1 NOT NULL, -- 0/1/2; default filter
  for_new_accounts integer DEFAULT 0 NOT NULL, -- 0 accept,1 filter,2 drop
  for_not_followers integer DEFAULT 0 NOT NULL, -- 0 accept,1 filter,2 drop
  for_not_following integer DEFAULT 0 NOT NULL, -- 0 accept,1 filter,2 drop
  for_private_mentions integer DEFAULT 1 NOT NULL, -- 0/1/2 as above; default filter
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_notification_policies_on_account_id ON notification_policies (account_id);

-- Senders whose filtered notifications were accepted.
CREATE TABLE notification_permissions (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  from_account_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_notification_permissions_on_account_id ON notification_permissions (account_id);
CREATE INDEX index_notification_permissions_on_from_account_id ON notification_permissions (from_account_id);

-- Senders with filtered mentions/quotes.
CREATE TABLE notification_requests (
  id bigint DEFAULT timestamp_id('notification_requests') PRIMARY KEY,
  account_id bigint NOT NULL,
  from_account_id bigint NOT NULL,
  last_status_id bigint,
  notifications_count bigint DEFAULT 0 NOT NULL, -- capped at 100; mentions+quotes that are filtered
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_notification_requests_on_account_id_and_from_account_id ON notification_requests
  (account_id, from_account_id);
CREATE INDEX index_notification_requests_on_from_account_id ON notification_requests (from_account_id);
CREATE INDEX index_notification_requests_on_last_status_id ON notification_requests (last_status_id);

-- Content filters.
CREATE TABLE custom_filters (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  action integer DEFAULT 0 NOT NULL, -- 0 warn,1 hide,2 blur
  context varchar[] DEFAULT '{}' NOT NULL, -- subset of home,notifications,public,thread,account
  expires_at timestamp,
  phrase text DEFAULT '' NOT NULL, -- title of the filter (v2), keyword in v1
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_custom_filters_on_account_id ON custom_filters (account_id);

-- Keywords of a filter.
CREATE TABLE custom_filter_keywords (
  id bigserial PRIMARY KEY,
  custom_filter_id bigint NOT NULL,
  keyword text DEFAULT '' NOT NULL,
  whole_word boolean DEFAULT true NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_custom_filter_keywords_on_custom_filter_id ON custom_filter_keywords (custom_filter_id);

-- Posts added to a filter.
CREATE TABLE custom_filter_statuses (
  id bigserial PRIMARY KEY,
  custom_filter_id bigint NOT NULL,
  status_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_custom_filter_statuses_on_custom_filter_id ON custom_filter_statuses (custom_filter_id);
CREATE UNIQUE INDEX index_custom_filter_statuses_on_status_id_and_custom_filter_id ON custom_filter_statuses
  (status_id, custom_filter_id);

-- Moderation
-- ----------

-- Reports, local and remote (Flag).
CREATE TABLE reports (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  action_taken_by_account_id bigint,
  application_id bigint,
  assigned_account_id bigint,
  target_account_id bigint NOT NULL,
  action_taken_at timestamp,
  category integer DEFAULT 0 NOT NULL, -- 0 other,1000 spam,1500 legal,2000 violation
  comment text DEFAULT '' NOT NULL,
  forwarded boolean,
  rule_ids bigint[], -- only with violation
  status_ids bigint[] DEFAULT '{}' NOT NULL, -- bigint[]
  uri varchar, -- https://host/payloads/<uuid> for local; Flag id for remote
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_reports_on_account_id ON reports (account_id);
CREATE INDEX index_reports_on_action_taken_by_account_id ON reports (action_taken_by_account_id)
  WHERE (action_taken_by_account_id IS NOT NULL);
CREATE INDEX index_reports_on_assigned_account_id ON reports (assigned_account_id)
  WHERE (assigned_account_id IS NOT NULL);
CREATE INDEX index_reports_on_target_account_id ON reports (target_account_id);

-- Staff notes on reports.
CREATE TABLE report_notes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  report_id bigint NOT NULL,
  content text NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_report_notes_on_account_id ON report_notes (account_id);
CREATE INDEX index_report_notes_on_report_id ON report_notes (report_id);

-- Strikes.
CREATE TABLE account_warnings (
  id bigserial PRIMARY KEY,
  account_id bigint,
  report_id bigint,
  target_account_id bigint,
  action integer DEFAULT 0 NOT NULL,
  overruled_at timestamp, -- set when appeal approved
  status_ids varchar[],
  text text DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_account_warnings_on_account_id ON account_warnings (account_id);
CREATE INDEX index_account_warnings_on_target_account_id ON account_warnings (target_account_id);

-- Canned moderation texts.
CREATE TABLE account_warning_presets (
  id bigserial PRIMARY KEY,
  text text DEFAULT '' NOT NULL,
  title varchar DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);

-- Appeals against strikes.
CREATE TABLE appeals (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  account_warning_id bigint NOT NULL,
  approved_by_account_id bigint,
  rejected_by_account_id bigint,
  approved_at timestamp,
  rejected_at timestamp,
  text text DEFAULT '' NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_appeals_on_account_id ON appeals (account_id);
CREATE UNIQUE INDEX index_appeals_on_account_warning_id ON appeals (account_warning_id);
CREATE INDEX index_appeals_on_approved_by_account_id ON appeals (approved_by_account_id)
  WHERE (approved_by_account_id IS NOT NULL);
CREATE INDEX index_appeals_on_rejected_by_account_id ON appeals (rejected_by_account_id)
  WHERE (rejected_by_account_id IS NOT NULL);

-- Staff notes on accounts.
CREATE TABLE account_moderation_notes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  target_account_id bigint NOT NULL,
  content text NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_account_moderation_notes_on_account_id ON account_moderation_notes (account_id);
CREATE INDEX index_account_moderation_notes_on_target_account_id ON account_moderation_notes (target_account_id);

-- Staff notes on domains.
CREATE TABLE instance_moderation_notes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  content text,
  domain varchar NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_instance_moderation_notes_on_domain ON instance_moderation_notes (domain);

-- Audit log.
CREATE TABLE admin_action_logs (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  action varchar DEFAULT '' NOT NULL, -- symbol such as suspend, create, destroy
  human_identifier varchar,
  permalink varchar,
  route_param varchar,
  target_id bigint,
  target_type varchar, -- polymorphic class name e.g. Account, Status, DomainBlock
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_admin_action_logs_on_account_id ON admin_action_logs (account_id);
CREATE INDEX index_admin_action_logs_on_target_type_and_target_id ON admin_action_logs (target_type, target_id);

-- Server-level domain rules.
CREATE TABLE domain_blocks (
  id bigserial PRIMARY KEY,
  domain varchar DEFAULT '' NOT NULL, -- lower-case punycode
  obfuscate boolean DEFAULT false NOT NULL,
  private_comment text,
  public_comment text,
  reject_media boolean DEFAULT false NOT NULL,
  reject_reports boolean DEFAULT false NOT NULL,
  severity integer DEFAULT 0, -- 0 silence,1 suspend,2 noop
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_domain_blocks_on_domain ON domain_blocks (domain);

-- Allow list used in limited federation mode.
CREATE TABLE domain_allows (
  id bigserial PRIMARY KEY,
  domain varchar DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_domain_allows_on_domain ON domain_allows (domain);

-- Hosts considered dead.
CREATE TABLE unavailable_domains (
  id bigserial PRIMARY KEY,
  domain varchar DEFAULT '' NOT NULL, -- host that failed on 7 distinct days
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_unavailable_domains_on_domain ON unavailable_domains (domain);

-- IP rules.
CREATE TABLE ip_blocks (
  id bigserial PRIMARY KEY,
  comment text DEFAULT '' NOT NULL,
  expires_at timestamp,
  ip inet DEFAULT '0.0.0.0'::inet NOT NULL, -- inet with prefix
  severity integer DEFAULT 0 NOT NULL, -- 5000 sign_up_requires_approval,5500 sign_up_block,9999 no_access
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_ip_blocks_on_ip ON ip_blocks (ip);

-- Blocked e-mail domains and their MX hosts.
CREATE TABLE email_domain_blocks (
  id bigserial PRIMARY KEY,
  parent_id bigint, -- set for rows created from MX records of another block
  allow_with_approval boolean DEFAULT false NOT NULL,
  domain varchar DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_email_domain_blocks_on_domain ON email_domain_blocks (domain);

-- Hashes of blocked mailboxes.
CREATE TABLE canonical_email_blocks (
  id bigserial PRIMARY KEY,
  reference_account_id bigint,
  canonical_email_hash varchar DEFAULT '' NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_canonical_email_blocks_on_canonical_email_hash ON canonical_email_blocks
  (canonical_email_hash);
CREATE INDEX index_canonical_email_blocks_on_reference_account_id ON canonical_email_blocks (reference_account_id);

-- Reserved usernames.
CREATE TABLE username_blocks (
  id bigserial PRIMARY KEY,
  allow_with_approval boolean DEFAULT false NOT NULL,
  exact boolean DEFAULT false NOT NULL,
  normalized_username varchar NOT NULL,
  username varchar NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_username_blocks_on_normalized_username ON username_blocks (normalized_username);
CREATE UNIQUE INDEX index_username_blocks_on_username_lower_btree ON username_blocks (lower((username)::text));

-- The server
-- ----------

-- Server settings.
CREATE TABLE settings (
  id bigserial PRIMARY KEY,
  value text,
  var varchar NOT NULL, -- setting name
  created_at timestamp,
  updated_at timestamp
);
CREATE UNIQUE INDEX index_settings_on_var ON settings (var);

-- Branding images.
CREATE TABLE site_uploads (
  id bigserial PRIMARY KEY,
  blurhash varchar,
  file_content_type varchar,
  file_file_name varchar,
  file_file_size integer,
  file_updated_at timestamp,
  meta json, -- json {width,height}
  var varchar DEFAULT '' NOT NULL, -- thumbnail|mascot|favicon|app_icon
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_site_uploads_on_var ON site_uploads (var);

-- Server rules.
CREATE TABLE rules (
  id bigserial PRIMARY KEY,
  deleted_at timestamp, -- soft delete (discard)
  hint text DEFAULT '' NOT NULL,
  priority integer DEFAULT 0 NOT NULL,
  text text DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);

-- Translations of rules.
CREATE TABLE rule_translations (
  id bigserial PRIMARY KEY,
  rule_id bigint NOT NULL,
  hint text DEFAULT '' NOT NULL,
  language varchar NOT NULL,
  text text DEFAULT '' NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_rule_translations_on_rule_id_and_language ON rule_translations (rule_id, language);

-- Versions of the terms.
CREATE TABLE terms_of_services (
  id bigserial PRIMARY KEY,
  changelog text DEFAULT '' NOT NULL,
  effective_date date,
  notification_sent_at timestamp(6),
  published_at timestamp(6),
  text text DEFAULT '' NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_terms_of_services_on_effective_date ON terms_of_services (effective_date)
  WHERE (effective_date IS NOT NULL);

-- Server announcements.
CREATE TABLE announcements (
  id bigserial PRIMARY KEY,
  all_day boolean DEFAULT false NOT NULL,
  ends_at timestamp,
  notification_sent_at timestamp(6),
  published boolean DEFAULT false NOT NULL,
  published_at timestamp,
  scheduled_at timestamp,
  starts_at timestamp,
  status_ids bigint[], -- bigint[] resolved from links in text
  text text DEFAULT '' NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);

-- Dismissed announcements.
CREATE TABLE announcement_mutes (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  announcement_id bigint NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_announcement_mutes_on_account_id_and_announcement_id ON announcement_mutes
  (account_id, announcement_id);
CREATE INDEX index_announcement_mutes_on_announcement_id ON announcement_mutes (announcement_id);

-- Emoji reactions.
CREATE TABLE announcement_reactions (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  announcement_id bigint NOT NULL,
  custom_emoji_id bigint, -- local enabled emoji only
  name varchar DEFAULT '' NOT NULL, -- shortcode or unicode emoji
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX index_announcement_reactions_on_account_id_and_announcement_id ON announcement_reactions
  (account_id, announcement_id, name);
CREATE INDEX index_announcement_reactions_on_announcement_id ON announcement_reactions (announcement_id);
CREATE INDEX index_announcement_reactions_on_custom_emoji_id ON announcement_reactions (custom_emoji_id)
  WHERE (custom_emoji_id IS NOT NULL);

-- Relay subscriptions.
CREATE TABLE relays (
  id bigserial PRIMARY KEY,
  follow_activity_id varchar,
  inbox_url varchar DEFAULT '' NOT NULL,
  state integer DEFAULT 0 NOT NULL, -- 0 idle,1 pending,2 accepted,3 rejected
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);

-- Admin webhooks.
CREATE TABLE webhooks (
  id bigserial PRIMARY KEY,
  enabled boolean DEFAULT true NOT NULL,
  events varchar[] DEFAULT '{}' NOT NULL,
  secret varchar DEFAULT '' NOT NULL, -- 40 hex chars
  template text, -- {{ path }} template or NULL
  url varchar NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_webhooks_on_url ON webhooks (url);

-- Known available releases.
CREATE TABLE software_updates (
  id bigserial PRIMARY KEY,
  release_notes varchar DEFAULT '' NOT NULL,
  type integer DEFAULT 0 NOT NULL, -- 0 patch,1 minor,2 major
  urgent boolean DEFAULT false NOT NULL,
  version varchar NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_software_updates_on_version ON software_updates (version);

-- Anonymous e-mail followers of a local account (experimental).
CREATE TABLE email_subscriptions (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  confirmation_token varchar, -- friendly token
  confirmed_at timestamp(6),
  email varchar NOT NULL, -- squished, lower-case
  locale varchar NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_email_subscriptions_on_account_id_and_email ON email_subscriptions (account_id, email);
CREATE UNIQUE INDEX index_email_subscriptions_on_confirmation_token ON email_subscriptions (confirmation_token)
  WHERE (confirmation_token IS NOT NULL);

-- Nightly table sizes.
CREATE TABLE pghero_space_stats (
  id bigserial PRIMARY KEY,
  captured_at timestamp,
  database text,
  relation text,
  schema text,
  size bigint
);
CREATE INDEX index_pghero_space_stats_on_database_and_captured_at ON pghero_space_stats (database, captured_at);

-- Imports, exports and yearly reports
-- -----------------------------------

-- Imports.
CREATE TABLE bulk_imports (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  finished_at timestamp,
  imported_items integer DEFAULT 0 NOT NULL,
  likely_mismatched boolean DEFAULT false NOT NULL,
  missing_status boolean DEFAULT false NOT NULL,
  original_filename varchar DEFAULT '' NOT NULL,
  overwrite boolean DEFAULT false NOT NULL,
  processed_items integer DEFAULT 0 NOT NULL,
  state integer NOT NULL, -- 0 unconfirmed,1 scheduled,2 in_progress,3 finished
  total_items integer DEFAULT 0 NOT NULL,
  type integer NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_bulk_imports_on_account_id ON bulk_imports (account_id);
CREATE INDEX index_bulk_imports_unconfirmed ON bulk_imports (id) WHERE (state = 0);

-- Pending rows of an import.
CREATE TABLE bulk_import_rows (
  id bigserial PRIMARY KEY,
  bulk_import_id bigint NOT NULL,
  data jsonb,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_bulk_import_rows_on_bulk_import_id ON bulk_import_rows (bulk_import_id);

-- Archive requests.
CREATE TABLE backups (
  id bigserial PRIMARY KEY,
  user_id bigint,
  dump_content_type varchar,
  dump_file_name varchar,
  dump_file_size bigint, -- bigint
  dump_updated_at timestamp,
  processed boolean DEFAULT false NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
CREATE INDEX index_backups_on_user_id ON backups (user_id);

-- Wrapstodon results.
CREATE TABLE generated_annual_reports (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  data jsonb NOT NULL, -- jsonb; schema_version 1 or 2
  schema_version integer NOT NULL, -- current 2
  share_key varchar,
  viewed_at timestamp(6),
  year integer NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_generated_annual_reports_on_account_id_and_year ON generated_annual_reports
  (account_id, year);

-- Posts per account per year.
CREATE TABLE annual_report_statuses_per_account_counts (
  id bigserial PRIMARY KEY,
  account_id bigint NOT NULL,
  statuses_count bigint NOT NULL,
  year integer NOT NULL
);
CREATE UNIQUE INDEX idx_on_year_account_id_ff3e167cef ON annual_report_statuses_per_account_counts (year, account_id);

-- Auxiliary services (FASP)
-- -------------------------

-- Registered auxiliary providers.
CREATE TABLE fasp_providers (
  id bigserial PRIMARY KEY,
  base_url varchar NOT NULL,
  capabilities jsonb DEFAULT '[]' NOT NULL, -- jsonb array of {id,version,enabled}
  confirmed boolean DEFAULT false NOT NULL,
  contact_email varchar,
  delivery_last_failed_at timestamp(6),
  fediverse_account varchar,
  name varchar NOT NULL,
  privacy_policy jsonb, -- jsonb array of {url,language}
  provider_public_key_pem varchar NOT NULL, -- Ed25519 SPKI PEM
  remote_identifier varchar NOT NULL,
  server_private_key_pem varchar NOT NULL, -- Ed25519 private key PEM, plain
  sign_in_url varchar,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE UNIQUE INDEX index_fasp_providers_on_base_url ON fasp_providers (base_url);

-- FASP event subscriptions.
CREATE TABLE fasp_subscriptions (
  id bigserial PRIMARY KEY,
  fasp_provider_id bigint NOT NULL,
  category varchar NOT NULL,
  max_batch_size integer NOT NULL,
  subscription_type varchar NOT NULL,
  threshold_likes integer,
  threshold_replies integer,
  threshold_shares integer,
  threshold_timeframe integer,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_fasp_subscriptions_on_fasp_provider_id ON fasp_subscriptions (fasp_provider_id);

-- FASP data-sharing backfills.
CREATE TABLE fasp_backfill_requests (
  id bigserial PRIMARY KEY,
  fasp_provider_id bigint NOT NULL,
  category varchar NOT NULL,
  cursor varchar,
  fulfilled boolean DEFAULT false NOT NULL,
  max_count integer DEFAULT 100 NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_fasp_backfill_requests_on_fasp_provider_id ON fasp_backfill_requests (fasp_provider_id);

-- FASP debug log.
CREATE TABLE fasp_debug_callbacks (
  id bigserial PRIMARY KEY,
  fasp_provider_id bigint NOT NULL,
  ip varchar NOT NULL,
  request_body text NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_fasp_debug_callbacks_on_fasp_provider_id ON fasp_debug_callbacks (fasp_provider_id);

-- Recommendations delivered by FASPs.
CREATE TABLE fasp_follow_recommendations (
  id bigserial PRIMARY KEY,
  recommended_account_id bigint NOT NULL,
  requesting_account_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);
CREATE INDEX index_fasp_follow_recommendations_on_recommended_account_id ON fasp_follow_recommendations
  (recommended_account_id);
CREATE INDEX index_fasp_follow_recommendations_on_requesting_account_id ON fasp_follow_recommendations
  (requesting_account_id);

-- Rails' own bookkeeping
-- ----------------------

-- Versions of Mastodon whose migrations this schema contains; Rails refuses to start when one lacks.
CREATE TABLE schema_migrations (
  version varchar PRIMARY KEY -- one row per migration file, 588 rows; 14-digit text
);

-- Rails checks here that nobody runs a destructive task on a production database.
CREATE TABLE ar_internal_metadata (
  key varchar PRIMARY KEY, -- environment, schema_sha1
  value varchar, -- environment=production
  created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL
);

-- Views
-- -----

-- Addresses that a user was seen at.
CREATE VIEW user_ips AS
  SELECT t0.user_id, t0.ip, max(t0.used_at) AS used_at
  FROM (
    SELECT users.id AS user_id, users.sign_up_ip AS ip, users.created_at AS used_at
    FROM users WHERE users.sign_up_ip IS NOT NULL
    UNION ALL
    SELECT session_activations.user_id, session_activations.ip, session_activations.updated_at
    FROM session_activations
    UNION ALL
    SELECT login_activities.user_id, login_activities.ip, login_activities.created_at
    FROM login_activities WHERE login_activities.success = true
  ) t0
  GROUP BY t0.user_id, t0.ip;

-- What accounts that may be recommended mostly post: language and sensitivity of their newest twenty statuses.
CREATE MATERIALIZED VIEW account_summaries AS
  SELECT accounts.id AS account_id,
         mode() WITHIN GROUP (ORDER BY recent.language) AS language,
         mode() WITHIN GROUP (ORDER BY recent.sensitive) AS sensitive
  FROM accounts
  CROSS JOIN LATERAL (
    SELECT statuses.account_id, statuses.language, statuses.sensitive
    FROM statuses
    WHERE statuses.account_id = accounts.id AND statuses.deleted_at IS NULL AND statuses.reblog_of_id IS NULL
    ORDER BY statuses.id DESC
    LIMIT 20
  ) recent
  WHERE accounts.suspended_at IS NULL
    AND accounts.silenced_at IS NULL
    AND accounts.moved_to_account_id IS NULL
    AND accounts.discoverable = true
    AND accounts.locked = false
  GROUP BY accounts.id;
CREATE INDEX idx_on_account_id_language_sensitive_250461e1eb ON account_summaries (account_id, language, sensitive);
CREATE UNIQUE INDEX index_account_summaries_on_account_id ON account_summaries (account_id);

-- Accounts that many people here follow or whose statuses are liked, best first.
CREATE MATERIALIZED VIEW global_follow_recommendations AS
  SELECT ranked.account_id, sum(ranked.rank) AS rank, array_agg(ranked.reason) AS reason
  FROM (
    SELECT account_summaries.account_id,
           count(follows.id) / (1.0 + count(follows.id)) AS rank,
           'most_followed'::text AS reason
    FROM follows
    JOIN account_summaries ON account_summaries.account_id = follows.target_account_id
    JOIN users ON users.account_id = follows.account_id
    WHERE users.current_sign_in_at >= now() - interval '30 days'
      AND account_summaries.sensitive = false
      AND NOT EXISTS (
        SELECT 1 FROM follow_recommendation_suppressions
        WHERE follow_recommendation_suppressions.account_id = follows.target_account_id
      )
    GROUP BY account_summaries.account_id
    HAVING count(follows.id) >= 5
    UNION ALL
    SELECT account_summaries.account_id,
           sum(status_stats.reblogs_count + status_stats.favourites_count)
             / (1.0 + sum(status_stats.reblogs_count + status_stats.favourites_count)) AS rank,
           'most_interactions'::text AS reason
    FROM status_stats
    JOIN statuses ON statuses.id = status_stats.status_id
    JOIN account_summaries ON account_summaries.account_id = statuses.account_id
    WHERE statuses.id >= (date_part('epoch', now() - interval '30 days') * 1000)::bigint << 16
      AND account_summaries.sensitive = false
      AND NOT EXISTS (
        SELECT 1 FROM follow_recommendation_suppressions
        WHERE follow_recommendation_suppressions.account_id = statuses.account_id
      )
    GROUP BY account_summaries.account_id
    HAVING sum(status_stats.reblogs_count + status_stats.favourites_count) >= 5
  ) ranked
  GROUP BY ranked.account_id
  ORDER BY sum(ranked.rank) DESC;
CREATE UNIQUE INDEX index_global_follow_recommendations_on_account_id ON global_follow_recommendations (account_id);

-- Every domain that is known: by an account, a block or an allowance.
CREATE MATERIALIZED VIEW instances AS
  WITH domain_counts(domain, accounts_count) AS (
    SELECT accounts.domain, count(*) FROM accounts WHERE accounts.domain IS NOT NULL GROUP BY accounts.domain
  )
  SELECT domain_counts.domain, domain_counts.accounts_count FROM domain_counts
  UNION
  SELECT domain_blocks.domain, COALESCE(domain_counts.accounts_count, 0)
  FROM domain_blocks LEFT JOIN domain_counts ON domain_counts.domain = domain_blocks.domain
  UNION
  SELECT domain_allows.domain, COALESCE(domain_counts.accounts_count, 0)
  FROM domain_allows LEFT JOIN domain_counts ON domain_counts.domain = domain_allows.domain;
CREATE UNIQUE INDEX index_instances_on_domain ON instances (domain);
CREATE INDEX index_instances_on_reverse_domain ON instances (reverse(('.'::text || (domain)::text)), domain);

-- References
-- ----------

ALTER TABLE users
  ADD CONSTRAINT fk_50500f500d FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_ecc9536e7c FOREIGN KEY (created_by_application_id) REFERENCES oauth_applications (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_8fb2a43e88 FOREIGN KEY (invite_id) REFERENCES invites (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_642f17018b FOREIGN KEY (role_id) REFERENCES user_roles (id) ON DELETE SET NULL;

ALTER TABLE user_invite_requests
  ADD CONSTRAINT fk_rails_3773f15361 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE invites
  ADD CONSTRAINT fk_rails_ff69dbb2ac FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE identities
  ADD CONSTRAINT fk_bea040f377 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE webauthn_credentials
  ADD CONSTRAINT fk_rails_a4355aef77 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE session_activations
  ADD CONSTRAINT fk_957e5bda89 FOREIGN KEY (access_token_id) REFERENCES oauth_access_tokens (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_e5fda67334 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE login_activities
  ADD CONSTRAINT fk_rails_e4b6396b41 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE oauth_applications
  ADD CONSTRAINT fk_b0988c7c0a FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE oauth_access_grants
  ADD CONSTRAINT fk_34d54b0a33 FOREIGN KEY (application_id) REFERENCES oauth_applications (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_63b044929b FOREIGN KEY (resource_owner_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE oauth_access_tokens
  ADD CONSTRAINT fk_f5fc4c1ee3 FOREIGN KEY (application_id) REFERENCES oauth_applications (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_e84df68546 FOREIGN KEY (resource_owner_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE web_settings
  ADD CONSTRAINT fk_11910667b2 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE web_push_subscriptions
  ADD CONSTRAINT fk_rails_751a9f390b FOREIGN KEY (access_token_id) REFERENCES oauth_access_tokens (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_b006f28dac FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE markers
  ADD CONSTRAINT fk_rails_a7009bc2b6 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;

ALTER TABLE accounts
  ADD CONSTRAINT fk_rails_2320833084 FOREIGN KEY (moved_to_account_id) REFERENCES accounts (id) ON DELETE SET NULL;

ALTER TABLE account_stats
  ADD CONSTRAINT fk_rails_215bb31ff1 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_aliases
  ADD CONSTRAINT fk_rails_fc91575d08 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_migrations
  ADD CONSTRAINT fk_rails_c9f701caaf FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_d9a8dad070 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE SET NULL;

ALTER TABLE account_deletion_requests
  ADD CONSTRAINT fk_rails_45bf2626b9 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_notes
  ADD CONSTRAINT fk_rails_4ee4503c69 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_2801b48f1a FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_pins
  ADD CONSTRAINT fk_rails_d44979e5dd FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_a176e26c37 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_statuses_cleanup_policies
  ADD CONSTRAINT fk_rails_23d5f73cfe FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE keypairs
  ADD CONSTRAINT fk_rails_f5ea7ac36a FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE tombstones
  ADD CONSTRAINT fk_rails_f95b861449 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE follows
  ADD CONSTRAINT fk_32ed1b5560 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_745ca29eac FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE follow_requests
  ADD CONSTRAINT fk_76d644b0e7 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_9291ec025d FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE blocks
  ADD CONSTRAINT fk_4269e03e65 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_9571bfabc1 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE mutes
  ADD CONSTRAINT fk_b8d8daf315 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_eecff219ea FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_domain_blocks
  ADD CONSTRAINT fk_206c6029bd FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE follow_recommendation_mutes
  ADD CONSTRAINT fk_rails_d36abd69ea FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_a9f09ec9a8 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE follow_recommendation_suppressions
  ADD CONSTRAINT fk_rails_dfb9a1dbe2 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE account_relationship_severance_events
  ADD CONSTRAINT fk_rails_030c916965 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_8a34c3a361 FOREIGN KEY (relationship_severance_event_id) REFERENCES relationship_severance_events (id) ON DELETE CASCADE;

ALTER TABLE severed_relationships
  ADD CONSTRAINT fk_rails_98ff099d4c FOREIGN KEY (local_account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_5054494e1e FOREIGN KEY (relationship_severance_event_id) REFERENCES relationship_severance_events (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_f7afd97ba4 FOREIGN KEY (remote_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE lists
  ADD CONSTRAINT fk_rails_3853b78dac FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE list_accounts
  ADD CONSTRAINT fk_rails_85fee9d6ab FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_40f9cc29f1 FOREIGN KEY (follow_id) REFERENCES follows (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_f11f9d1fcc FOREIGN KEY (follow_request_id) REFERENCES follow_requests (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_e54e356c88 FOREIGN KEY (list_id) REFERENCES lists (id) ON DELETE CASCADE;

ALTER TABLE conversation_mutes
  ADD CONSTRAINT fk_225b4212bb FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_5ab139311f FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE;

ALTER TABLE account_conversations
  ADD CONSTRAINT fk_rails_6f5278b6e9 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_1491654f9f FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE;

ALTER TABLE statuses
  ADD CONSTRAINT fk_9bda1543f7 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_c7fa917661 FOREIGN KEY (in_reply_to_account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_94a6f70399 FOREIGN KEY (in_reply_to_id) REFERENCES statuses (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_256483a9ab FOREIGN KEY (reblog_of_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE status_stats
  ADD CONSTRAINT fk_rails_4a247aac42 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE status_edits
  ADD CONSTRAINT fk_rails_dc8988c545 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_a960f234a0 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE status_pins
  ADD CONSTRAINT fk_d4cb435b62 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_65c05552f1 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE scheduled_statuses
  ADD CONSTRAINT fk_rails_23bd9018f9 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE mentions
  ADD CONSTRAINT fk_970d43f9d1 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_59edbe2887 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE quotes
  ADD CONSTRAINT fk_rails_36d54169fc FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_bfc5276b70 FOREIGN KEY (quoted_account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_38068caa0e FOREIGN KEY (quoted_status_id) REFERENCES statuses (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_bd3ab4462c FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE favourites
  ADD CONSTRAINT fk_5eb6c2b873 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_b0e856845e FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE bookmarks
  ADD CONSTRAINT fk_rails_9f6ac182a6 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_11207ffcfd FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE polls
  ADD CONSTRAINT fk_rails_5b19a0c011 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_3e0d9f1115 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE poll_votes
  ADD CONSTRAINT fk_rails_b6c18cf44a FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_a6e6974b7e FOREIGN KEY (poll_id) REFERENCES polls (id) ON DELETE CASCADE;

ALTER TABLE tagged_objects
  ADD CONSTRAINT fk_rails_087c1d32f7 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE media_attachments
  ADD CONSTRAINT fk_96dd81e81b FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_31fc5aeef1 FOREIGN KEY (scheduled_status_id) REFERENCES scheduled_statuses (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_3ec0cfdd70 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE SET NULL;

ALTER TABLE preview_cards
  ADD CONSTRAINT fk_rails_dca4905b94 FOREIGN KEY (author_account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_6fb2119894 FOREIGN KEY (unverified_author_account_id) REFERENCES accounts (id) ON DELETE SET NULL;

ALTER TABLE custom_emoji_categories
  ADD CONSTRAINT fk_rails_ad7840c8cf FOREIGN KEY (featured_emoji_id) REFERENCES custom_emojis (id) ON DELETE SET NULL;

ALTER TABLE statuses_tags
  ADD CONSTRAINT fk_rails_df0fe11427 FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_3081861e21 FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE;

ALTER TABLE tag_follows
  ADD CONSTRAINT fk_rails_091e831473 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_0deefe597f FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE;

ALTER TABLE featured_tags
  ADD CONSTRAINT fk_rails_174efcf15f FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_23a9055c7c FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE;

ALTER TABLE tag_trends
  ADD CONSTRAINT fk_rails_3033046460 FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE;

ALTER TABLE status_trends
  ADD CONSTRAINT fk_rails_a6b527ea49 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_68c610dc1a FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE preview_card_trends
  ADD CONSTRAINT fk_rails_371593db34 FOREIGN KEY (preview_card_id) REFERENCES preview_cards (id) ON DELETE CASCADE;

ALTER TABLE collections
  ADD CONSTRAINT fk_rails_544f142936 FOREIGN KEY (account_id) REFERENCES accounts (id),
  ADD CONSTRAINT fk_rails_70f13aad15 FOREIGN KEY (tag_id) REFERENCES tags (id);

ALTER TABLE collection_items
  ADD CONSTRAINT fk_rails_2eb992658d FOREIGN KEY (account_id) REFERENCES accounts (id),
  ADD CONSTRAINT fk_rails_b1a778644b FOREIGN KEY (collection_id) REFERENCES collections (id) ON DELETE CASCADE;

ALTER TABLE collection_reports
  ADD CONSTRAINT fk_rails_0720c1a3d6 FOREIGN KEY (collection_id) REFERENCES collections (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_4a504bd5e6 FOREIGN KEY (report_id) REFERENCES reports (id) ON DELETE CASCADE;

ALTER TABLE notifications
  ADD CONSTRAINT fk_c141c8ee55 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_fbd6b0bf9e FOREIGN KEY (from_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE notification_policies
  ADD CONSTRAINT fk_rails_506d62f0da FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE notification_permissions
  ADD CONSTRAINT fk_rails_7c0bed08df FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_e3e0aaad70 FOREIGN KEY (from_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE notification_requests
  ADD CONSTRAINT fk_rails_881c7f71c4 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_5632f121b4 FOREIGN KEY (from_account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_61c7aa9c1f FOREIGN KEY (last_status_id) REFERENCES statuses (id) ON DELETE SET NULL;

ALTER TABLE custom_filters
  ADD CONSTRAINT fk_rails_8b8d786993 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE custom_filter_keywords
  ADD CONSTRAINT fk_rails_5a49a74012 FOREIGN KEY (custom_filter_id) REFERENCES custom_filters (id) ON DELETE CASCADE;

ALTER TABLE custom_filter_statuses
  ADD CONSTRAINT fk_rails_e2ddaf5b14 FOREIGN KEY (custom_filter_id) REFERENCES custom_filters (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_2f6d20c0cf FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE;

ALTER TABLE reports
  ADD CONSTRAINT fk_4b81f7522c FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_bca45b75fd FOREIGN KEY (action_taken_by_account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_3deb8c7acb FOREIGN KEY (application_id) REFERENCES oauth_applications (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_4e7a498fb4 FOREIGN KEY (assigned_account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_eb37af34f0 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE report_notes
  ADD CONSTRAINT fk_rails_cae66353f3 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_7fa83a61eb FOREIGN KEY (report_id) REFERENCES reports (id) ON DELETE CASCADE;

ALTER TABLE account_warnings
  ADD CONSTRAINT fk_rails_a65a1bf71b FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_8f2bab4b16 FOREIGN KEY (report_id) REFERENCES reports (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_a7ebbb1e37 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE appeals
  ADD CONSTRAINT fk_rails_ea84881569 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_a99f14546e FOREIGN KEY (account_warning_id) REFERENCES account_warnings (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_9deb2f63ad FOREIGN KEY (approved_by_account_id) REFERENCES accounts (id) ON DELETE SET NULL,
  ADD CONSTRAINT fk_rails_501c3a6e13 FOREIGN KEY (rejected_by_account_id) REFERENCES accounts (id) ON DELETE SET NULL;

ALTER TABLE account_moderation_notes
  ADD CONSTRAINT fk_rails_3f8b75089b FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_dd62ed5ac3 FOREIGN KEY (target_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE instance_moderation_notes
  ADD CONSTRAINT fk_rails_62f919e09b FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE admin_action_logs
  ADD CONSTRAINT fk_rails_a7667297fa FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE email_domain_blocks
  ADD CONSTRAINT fk_rails_408efe0a15 FOREIGN KEY (parent_id) REFERENCES email_domain_blocks (id) ON DELETE CASCADE;

ALTER TABLE canonical_email_blocks
  ADD CONSTRAINT fk_rails_1ecb262096 FOREIGN KEY (reference_account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE rule_translations
  ADD CONSTRAINT fk_rails_d5fd439dde FOREIGN KEY (rule_id) REFERENCES rules (id) ON DELETE CASCADE;

ALTER TABLE announcement_mutes
  ADD CONSTRAINT fk_rails_9c99f8e835 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_e35401adf1 FOREIGN KEY (announcement_id) REFERENCES announcements (id) ON DELETE CASCADE;

ALTER TABLE announcement_reactions
  ADD CONSTRAINT fk_rails_7444ad831f FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_a1226eaa5c FOREIGN KEY (announcement_id) REFERENCES announcements (id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_rails_b742c91c0e FOREIGN KEY (custom_emoji_id) REFERENCES custom_emojis (id) ON DELETE CASCADE;

ALTER TABLE email_subscriptions
  ADD CONSTRAINT fk_rails_282940e759 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE bulk_imports
  ADD CONSTRAINT fk_rails_1d89c0f8b2 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

ALTER TABLE bulk_import_rows
  ADD CONSTRAINT fk_rails_d39af34335 FOREIGN KEY (bulk_import_id) REFERENCES bulk_imports (id) ON DELETE CASCADE;

ALTER TABLE backups
  ADD CONSTRAINT fk_rails_096669d221 FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL;

ALTER TABLE generated_annual_reports
  ADD CONSTRAINT fk_rails_4ca37f035c FOREIGN KEY (account_id) REFERENCES accounts (id);

ALTER TABLE fasp_subscriptions
  ADD CONSTRAINT fk_rails_4c021f5938 FOREIGN KEY (fasp_provider_id) REFERENCES fasp_providers (id);

ALTER TABLE fasp_backfill_requests
  ADD CONSTRAINT fk_rails_760d761775 FOREIGN KEY (fasp_provider_id) REFERENCES fasp_providers (id);

ALTER TABLE fasp_debug_callbacks
  ADD CONSTRAINT fk_rails_c1650087cd FOREIGN KEY (fasp_provider_id) REFERENCES fasp_providers (id);

ALTER TABLE fasp_follow_recommendations
  ADD CONSTRAINT fk_rails_5c63a5fd1b FOREIGN KEY (recommended_account_id) REFERENCES accounts (id),
  ADD CONSTRAINT fk_rails_71623d7e2c FOREIGN KEY (requesting_account_id) REFERENCES accounts (id);

-- Rows that Mastodon expects
-- -------------------------

-- -99 is the role of everybody who has no other. Permissions are Mastodon's bit mask.
INSERT INTO user_roles
  (id, name, position, permissions, highlighted, collection_limit, created_at, updated_at)
VALUES
  (-99, '', -1, 65536, false, 10, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'),
  (1, 'Moderator', 10, 1049884, true, 10, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'),
  (2, 'Admin', 100, 2031612, true, 10, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'),
  (3, 'Owner', 1000, 1, true, 10, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc');
ALTER SEQUENCE user_roles_id_seq RESTART WITH 4;

-- Names that nobody may register: these exactly, and everything that contains one of the last two.
INSERT INTO username_blocks (username, normalized_username, exact, created_at, updated_at)
SELECT name, name, number <= 21, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
FROM unnest(ARRAY[
    'abuse', 'account', 'accounts', 'admin', 'administration', 'administrator', 'admins', 'help', 'helpdesk',
    'instance', 'mod', 'moderator', 'moderators', 'mods', 'owner', 'root', 'security', 'server', 'staff',
    'support', 'webmaster',
    'mastodon', 'mastadon'
  ]) WITH ORDINALITY AS reserved (name, number)
ORDER BY number;

INSERT INTO ar_internal_metadata (key, value, created_at, updated_at)
VALUES ('environment', 'production', now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc');

-- Every version up to 20260611150940, so that a later Mastodon runs only what is newer.
INSERT INTO schema_migrations (version) VALUES
  ('20160220174730'), ('20160220211917'), ('20160221003140'), ('20160221003621'), ('20160222122600'), ('20160222143943'),
  ('20160223162837'), ('20160223164502'), ('20160223165723'), ('20160223165855'), ('20160223171800'), ('20160224223247'),
  ('20160227230233'), ('20160305115639'), ('20160306172223'), ('20160312193225'), ('20160314164231'), ('20160316103650'),
  ('20160322193748'), ('20160325130944'), ('20160826155805'), ('20160905150353'), ('20160919221059'), ('20160920003904'),
  ('20160926213048'), ('20161003142332'), ('20161003145426'), ('20161006213403'), ('20161009120834'), ('20161027172456'),
  ('20161104173623'), ('20161105130633'), ('20161116162355'), ('20161119211120'), ('20161122163057'), ('20161123093447'),
  ('20161128103007'), ('20161130142058'), ('20161130185319'), ('20161202132159'), ('20161203164520'), ('20161205214545'),
  ('20161221152630'), ('20161222201034'), ('20161222204147'), ('20170105224407'), ('20170109120109'), ('20170112154826'),
  ('20170114194937'), ('20170114203041'), ('20170119214911'), ('20170123162658'), ('20170123203248'), ('20170125145934'),
  ('20170127165745'), ('20170205175257'), ('20170209184350'), ('20170214110202'), ('20170217012631'), ('20170301222600'),
  ('20170303212857'), ('20170304202101'), ('20170317193015'), ('20170318214217'), ('20170322021028'), ('20170322143850'),
  ('20170322162804'), ('20170330021336'), ('20170330163835'), ('20170330164118'), ('20170403172249'), ('20170405112956'),
  ('20170406215816'), ('20170409170753'), ('20170414080609'), ('20170414132105'), ('20170418160728'), ('20170423005413'),
  ('20170424003227'), ('20170424112722'), ('20170425131920'), ('20170425202925'), ('20170427011934'), ('20170506235850'),
  ('20170507000211'), ('20170507141759'), ('20170508230434'), ('20170516072309'), ('20170520145338'), ('20170601210557'),
  ('20170604144747'), ('20170606113804'), ('20170609145826'), ('20170610000000'), ('20170623152212'), ('20170624134742'),
  ('20170625140443'), ('20170711225116'), ('20170713112503'), ('20170713175513'), ('20170713190709'), ('20170714184731'),
  ('20170716191202'), ('20170718211102'), ('20170720000000'), ('20170823162448'), ('20170824103029'), ('20170829215220'),
  ('20170901141119'), ('20170901142658'), ('20170905044538'), ('20170905165803'), ('20170913000752'), ('20170917153509'),
  ('20170918125918'), ('20170920024819'), ('20170920032311'), ('20170924022025'), ('20170927215609'), ('20170928082043'),
  ('20171005102658'), ('20171005171936'), ('20171006142024'), ('20171010023049'), ('20171010025614'), ('20171020084748'),
  ('20171028221157'), ('20171107143332'), ('20171107143624'), ('20171109012327'), ('20171114080328'), ('20171114231651'),
  ('20171116161857'), ('20171118012443'), ('20171119172437'), ('20171122120436'), ('20171125024930'), ('20171125031751'),
  ('20171125185353'), ('20171125190735'), ('20171129172043'), ('20171130000000'), ('20171201000000'), ('20171212195226'),
  ('20171226094803'), ('20180106000232'), ('20180109143959'), ('20180204034416'), ('20180206000000'), ('20180211015820'),
  ('20180304013859'), ('20180310000000'), ('20180402031200'), ('20180402040909'), ('20180410204633'), ('20180416210259'),
  ('20180506221944'), ('20180510214435'), ('20180510230049'), ('20180514130000'), ('20180514140000'), ('20180528141303'),
  ('20180608213548'), ('20180609104432'), ('20180615122121'), ('20180616192031'), ('20180617162849'), ('20180628181026'),
  ('20180707154237'), ('20180711152640'), ('20180808175627'), ('20180812123222'), ('20180812162710'), ('20180812173710'),
  ('20180813113448'), ('20180814171349'), ('20180820232245'), ('20180831171112'), ('20180929222014'), ('20181007025445'),
  ('20181010141500'), ('20181017170937'), ('20181018205649'), ('20181024224956'), ('20181026034033'), ('20181116165755'),
  ('20181116173541'), ('20181116184611'), ('20181127130500'), ('20181127165847'), ('20181203003808'), ('20181203021853'),
  ('20181204193439'), ('20181204215309'), ('20181207011115'), ('20181213184704'), ('20181213185533'), ('20181219235220'),
  ('20181226021420'), ('20190103124649'), ('20190103124754'), ('20190117114553'), ('20190201012802'), ('20190203180359'),
  ('20190225031541'), ('20190225031625'), ('20190226003449'), ('20190304152020'), ('20190306145741'), ('20190307234537'),
  ('20190314181829'), ('20190316190352'), ('20190317135723'), ('20190403141604'), ('20190409054914'), ('20190420025523'),
  ('20190509164208'), ('20190511134027'), ('20190511152737'), ('20190519130537'), ('20190529143559'), ('20190627222225'),
  ('20190627222826'), ('20190701022101'), ('20190705002136'), ('20190706233204'), ('20190715031050'), ('20190715164535'),
  ('20190726175042'), ('20190729185330'), ('20190805123746'), ('20190807135426'), ('20190815225426'), ('20190819134503'),
  ('20190820003045'), ('20190823221802'), ('20190901035623'), ('20190901040524'), ('20190904222339'), ('20190914202517'),
  ('20190915194355'), ('20190917213523'), ('20190927124642'), ('20190927232842'), ('20191001213028'), ('20191007013357'),
  ('20191031163205'), ('20191212003415'), ('20191212163405'), ('20191218153258'), ('20200113125135'), ('20200114113335'),
  ('20200119112504'), ('20200126203551'), ('20200306035625'), ('20200309150742'), ('20200312144258'), ('20200312162302'),
  ('20200312185443'), ('20200317021758'), ('20200407201300'), ('20200407202420'), ('20200417125749'), ('20200508212852'),
  ('20200510110808'), ('20200510181721'), ('20200516180352'), ('20200516183822'), ('20200518083523'), ('20200521180606'),
  ('20200529214050'), ('20200601222558'), ('20200605155027'), ('20200608113046'), ('20200614002136'), ('20200620164023'),
  ('20200622213645'), ('20200627125810'), ('20200628133322'), ('20200630190240'), ('20200630190544'), ('20200908193330'),
  ('20200917192924'), ('20200917193034'), ('20200917193528'), ('20200917222316'), ('20200917222734'), ('20201008202037'),
  ('20201008220312'), ('20201017233919'), ('20201017234926'), ('20201206004238'), ('20201218054746'), ('20210221045109'),
  ('20210306164523'), ('20210308133107'), ('20210322164601'), ('20210323114347'), ('20210324171613'), ('20210416200740'),
  ('20210421121431'), ('20210425135952'), ('20210502233513'), ('20210505174616'), ('20210507001928'), ('20210526193025'),
  ('20210609202149'), ('20210616214135'), ('20210616214526'), ('20210621221010'), ('20210630000137'), ('20210722120340'),
  ('20210808071221'), ('20210904215403'), ('20210908220918'), ('20211031031021'), ('20211112011713'), ('20211115032527'),
  ('20211123212714'), ('20211126000907'), ('20211213040746'), ('20211231080958'), ('20220105163928'), ('20220109213908'),
  ('20220115125126'), ('20220115125341'), ('20220116202951'), ('20220118183010'), ('20220118183123'), ('20220124141035'),
  ('20220202200743'), ('20220202200926'), ('20220202201015'), ('20220210153119'), ('20220224010024'), ('20220227041951'),
  ('20220302232632'), ('20220303000827'), ('20220303203437'), ('20220304195405'), ('20220307083603'), ('20220307094650'),
  ('20220309213005'), ('20220310060545'), ('20220310060556'), ('20220310060614'), ('20220310060626'), ('20220310060641'),
  ('20220310060653'), ('20220310060706'), ('20220310060722'), ('20220310060740'), ('20220310060750'), ('20220310060809'),
  ('20220310060833'), ('20220310060854'), ('20220310060913'), ('20220310060926'), ('20220310060939'), ('20220310060959'),
  ('20220316233212'), ('20220428112511'), ('20220428112727'), ('20220428114454'), ('20220428114902'), ('20220429101025'),
  ('20220429101850'), ('20220527114923'), ('20220606044941'), ('20220611210335'), ('20220611212541'), ('20220613110628'),
  ('20220613110711'), ('20220613110802'), ('20220613110834'), ('20220613110903'), ('20220617202502'), ('20220704024901'),
  ('20220710102457'), ('20220714171049'), ('20220729171123'), ('20220808101323'), ('20220824164433'), ('20220824164532'),
  ('20220824233535'), ('20220827195229'), ('20220829192633'), ('20220829192658'), ('20221006061337'), ('20221012181003'),
  ('20221021055441'), ('20221025171544'), ('20221101190723'), ('20221104133904'), ('20221206114142'), ('20230129023109'),
  ('20230215074327'), ('20230215074423'), ('20230330135507'), ('20230330140036'), ('20230330155710'), ('20230524190515'),
  ('20230524192812'), ('20230524194155'), ('20230531153942'), ('20230531154811'), ('20230605085710'), ('20230605085711'),
  ('20230630145300'), ('20230702131023'), ('20230702151753'), ('20230724160715'), ('20230725213448'), ('20230803082451'),
  ('20230803112520'), ('20230811103651'), ('20230814223300'), ('20230818141056'), ('20230818142253'), ('20230822081029'),
  ('20230904134623'), ('20230907150100'), ('20231006183200'), ('20231018192110'), ('20231018193209'), ('20231018193355'),
  ('20231018193659'), ('20231210154528'), ('20231211234923'), ('20231212073317'), ('20231222100226'), ('20240109103012'),
  ('20240111033014'), ('20240217171534'), ('20240221195424'), ('20240221195828'), ('20240221211359'), ('20240222193403'),
  ('20240222203722'), ('20240227191620'), ('20240304090449'), ('20240307180905'), ('20240310123453'), ('20240312100644'),
  ('20240312105620'), ('20240320140159'), ('20240320163441'), ('20240321160706'), ('20240322125607'), ('20240322130318'),
  ('20240322161611'), ('20240510192043'), ('20240513095755'), ('20240513123807'), ('20240522041528'), ('20240603195202'),
  ('20240607093446'), ('20240607093954'), ('20240607094603'), ('20240607094856'), ('20240712064044'), ('20240713171841'),
  ('20240713171909'), ('20240720140205'), ('20240724181224'), ('20240808114841'), ('20240808124338'), ('20240808124339'),
  ('20240808125420'), ('20240909014637'), ('20240916190140'), ('20240918233930'), ('20241007071624'), ('20241014010506'),
  ('20241022214312'), ('20241104082851'), ('20241111141355'), ('20241123160722'), ('20241123224956'), ('20241205103523'),
  ('20241205135901'), ('20241205135925'), ('20241205162640'), ('20241205163118'), ('20241206131513'), ('20241210140838'),
  ('20241212152158'), ('20241212152618'), ('20241212152734'), ('20241212152910'), ('20241212153054'), ('20241212153202'),
  ('20241212153254'), ('20241212154231'), ('20241212154346'), ('20241213130230'), ('20241213170027'), ('20241213170036'),
  ('20241213170043'), ('20241213170053'), ('20241216223425'), ('20241216223433'), ('20241216223446'), ('20241216223452'),
  ('20241216223852'), ('20241216223859'), ('20241216224211'), ('20241216224218'), ('20241216224229'), ('20241216224237'),
  ('20241216224507'), ('20241216224514'), ('20241216224520'), ('20241216224530'), ('20241216224813'), ('20241216224825'),
  ('20250103131909'), ('20250108111200'), ('20250129144440'), ('20250129144813'), ('20250221143646'), ('20250224144617'),
  ('20250305074104'), ('20250313123400'), ('20250328153843'), ('20250410144908'), ('20250411094808'), ('20250411095859'),
  ('20250422083912'), ('20250422084214'), ('20250422085027'), ('20250422085303'), ('20250425134308'), ('20250428095029'),
  ('20250428104538'), ('20250520192024'), ('20250520204643'), ('20250605110215'), ('20250627132728'), ('20250717003848'),
  ('20250805075010'), ('20250819100545'), ('20250820084312'), ('20250828222741'), ('20250902221600'), ('20250909100506'),
  ('20250911163952'), ('20250912082651'), ('20250924170259'), ('20251002140103'), ('20251007100627'), ('20251007100813'),
  ('20251007142305'), ('20251023210145'), ('20251117023614'), ('20251118115657'), ('20251119093332'), ('20251201154910'),
  ('20251201155054'), ('20251202140424'), ('20251209093813'), ('20251217091936'), ('20260115153219'), ('20260119153538'),
  ('20260127141459'), ('20260127141820'), ('20260209142402'), ('20260209143308'), ('20260211132603'), ('20260212113020'),
  ('20260212131934'), ('20260217154542'), ('20260303144409'), ('20260310095021'), ('20260311152331'), ('20260311212130'),
  ('20260318144837'), ('20260319142348'), ('20260323105645'), ('20260325151755'), ('20260326112324'), ('20260410083500'),
  ('20260415133505'), ('20260420124030'), ('20260423141611'), ('20260425144553'), ('20260505155103'), ('20260611150940');
