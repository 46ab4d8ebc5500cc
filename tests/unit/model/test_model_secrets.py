"""Names that look secret."""

from __future__ import annotations

import pytest

from orchestrator.model.secrets import looks_secret


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "PGPASSWORD",
        "DB_PASS",
        "ROOT_PWD",
        "GITHUB_TOKEN",
        "apiKey",
        "API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "curve_secretkey",
        "plain_password",
        "SIGNING_KEY",
        "privateKey",
        "SSH_KEY",
        "clientSecret",
        "AWS_CREDENTIALS",
        "--password",
        "--api-key",
        "COOKIE",
        "api_keys",
    ],
)
def test_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "HOME",
        "key",
        "KEYBOARD",
        "curve_publickey",
        "curve_serverkey",
        "plain_username",
        "PUBLIC_KEY",
        "TOKEN_FILE",
        "PASSWORD_PATH",
        "AWS_ACCESS_KEY_ID",
        "MAX_TOKENS",
        "PASSENGERS",
        "COMPASS",
        "sort_key",
        "SECRET_NAME",
        "TOKEN_TTL",
        "PASSTHROUGH",
        "server_public_key",
        "symbols",
    ],
)
def test_not_secret(name: str) -> None:
    assert not looks_secret(name)
