"""What Slack's error codes mean for whoever made the call.

Source: the errors of each method's page at docs.slack.dev/reference/methods (auth.test,
apps.connections.open, chat.delete, chat.postMessage, chat.postEphemeral, chat.update,
conversations.info, conversations.members, conversations.open, usergroups.users.list, users.info,
views.open, views.publish, views.push, views.update). Slack adds codes as it likes: an unknown one
is REFUSED.
"""

from enum import Enum, auto


class Meaning(Enum):
    """NOT_NOW: the same call may succeed later. ELSEWHERE: this place or person does not take it,
    another may. GONE: what it is about is not there any more. MESSAGE: Slack does not take this
    content, which is our fault. CREDENTIALS: the token or the app lacks something, which is an
    admin's matter. REFUSED: any other no.
    """

    NOT_NOW = auto()
    ELSEWHERE = auto()
    GONE = auto()
    MESSAGE = auto()
    CREDENTIALS = auto()
    REFUSED = auto()


# The limits of a workspace, and of a channel, come with status 200 and without a Retry-After too.
LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_CODES: dict[Meaning, frozenset[str]] = {
    Meaning.NOT_NOW: LIMITED
    | {"service_unavailable", "fatal_error", "internal_error", "request_timeout"}
    | {"team_added_to_org", "external_channel_migrating"},
    Meaning.ELSEWHERE: frozenset(
        {
            *("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived"),
            *("is_inactive", "restricted_action", "restricted_action_read_only_channel"),
            *("restricted_action_thread_only_channel", "restricted_action_thread_locked"),
            *("restricted_action_non_threadable_channel", "cannot_reply_to_message"),
            *("messages_tab_disabled", "method_not_supported_for_channel_type"),
            *("team_access_not_granted", "access_denied", "team_not_found"),
            *("cannot_dm_bot", "user_disabled", "user_not_found", "user_not_visible"),
            *("users_not_found", "too_many_users", "not_enabled"),
            *("slack_connect_canvas_sharing_blocked", "slack_connect_file_link_sharing_blocked"),
        }
    ),
    Meaning.GONE: frozenset(
        {
            *("message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch"),
            *("expired_trigger_id", "exchanged_trigger_id", "not_found", "view_not_found"),
            *("hash_conflict", "push_limit_reached", "no_such_subteam"),
            *("cant_delete_message", "compliance_exports_prevent_deletion"),
        }
    ),
    Meaning.MESSAGE: frozenset(
        {
            *("msg_blocks_too_long", "msg_too_long", "no_text", "invalid_blocks"),
            *("invalid_blocks_format", "too_many_attachments", "attachment_payload_limit_exceeded"),
            *("markdown_text_conflict", "metadata_too_large", "metadata_must_be_sent_from_app"),
            *("invalid_metadata_format", "invalid_metadata_schema", "invalid_arguments"),
            *("invalid_arg_name", "invalid_array_arg", "invalid_charset", "invalid_form_data"),
            *("invalid_post_type", "missing_post_type", "file_share_limit_reached"),
            *("as_user_not_supported", "duplicate_external_id", "duplicate_channel_not_found"),
            *("duplicate_message_not_found", "update_failed", "view_too_large"),
            *("invalid_trigger_id", "invalid_cursor", "invalid_limit", "invalid_types"),
            *("invalid_user_combination", "users_list_not_supplied", "fetch_members_failed"),
        }
    ),
    Meaning.CREDENTIALS: frozenset(
        {
            *("invalid_auth", "not_authed", "account_inactive", "token_expired", "token_revoked"),
            *("missing_scope", "no_permission", "not_allowed_token_type", "org_login_required"),
            *("two_factor_setup_required", "ekm_access_denied", "accesslimited"),
            *("method_deprecated", "deprecated_endpoint", "enterprise_is_restricted"),
            *("forbidden_team", "missing_args", "paid_teams_only"),
        }
    ),
}
_MEANINGS = {code: meaning for meaning, codes in _CODES.items() for code in codes}
NOT_NOW = _CODES[Meaning.NOT_NOW]
ELSEWHERE = _CODES[Meaning.ELSEWHERE]


def meaning_of(code: str) -> Meaning:
    return _MEANINGS.get(code, Meaning.REFUSED)


def documented_codes() -> dict[str, Meaning]:
    """Return every code that is known, with its meaning."""
    return dict(_MEANINGS)
