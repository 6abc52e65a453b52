#!/usr/bin/env python3
"""Prints the secrets that a server needs, as lines for .env.production: each run makes new ones."""
import base64
import secrets


def make():
    """Variable -> value, in the forms that Mastodon's own set-up makes."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_numbers().private_value.to_bytes(32, 'big')
    public = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {
        'SECRET_KEY_BASE': secrets.token_hex(64),
        'ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY': secrets.token_hex(16),
        'ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY': secrets.token_hex(16),
        'ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT': secrets.token_hex(16),
        'VAPID_PRIVATE_KEY': base64.urlsafe_b64encode(private).decode(),
        'VAPID_PUBLIC_KEY': base64.urlsafe_b64encode(public).decode(),
    }


if __name__ == '__main__':
    for name, value in make().items():
        print('%s=%s' % (name, value))
