"""The session: its beginning, its clock, its errors, display groups."""

from ibfast.schema.declare import Bool, Int, Long, Message, Str, at, field, incoming, layout, outgoing
from ibfast.schema.versions import In, Out, V


@outgoing(Out.START_API, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class StartApiRequest(Message):
    """The first request of a session: who the client is."""

    client_id: Int = field(1)
    optional_capabilities: Str = field(2)
    TEXT = layout("client_id", "optional_capabilities", version=2)


@outgoing(Out.REQ_IDS, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class IdsRequest(Message):
    """Ask for the next order id; TWS ignores the number of ids."""

    num_ids: Int = field(1, default=1)
    TEXT = layout("num_ids", version=1)


@incoming(In.NEXT_VALID_ID, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class NextValidId(Message):
    """The lowest id that the next order of this client may have."""

    order_id: Long = field(1)  # a number also where it is 2147483647, which elsewhere is IB's word for "unset"
    TEXT = layout("order_id", version=1)


@outgoing(Out.REQ_MANAGED_ACCTS, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class ManagedAccountsRequest(Message):
    """Ask for the accounts of this login."""

    TEXT = layout(version=1)


@incoming(In.MANAGED_ACCTS, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class ManagedAccounts(Message):
    """The accounts of this login, separated by commas, maybe with one at the end."""

    accounts_list: Str = field(1)
    TEXT = layout("accounts_list", version=1)


@outgoing(Out.REQ_CURRENT_TIME, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class CurrentTimeRequest(Message):
    """Ask for the server's clock."""

    TEXT = layout(version=1)


@incoming(In.CURRENT_TIME, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class CurrentTime(Message):
    """The server's clock, in seconds since 1970."""

    current_time: Long = field(1)
    TEXT = layout("current_time", version=1)


@outgoing(Out.REQ_CURRENT_TIME_IN_MILLIS, protobuf=V.PROTOBUF_REST_MESSAGES_3, since=V.CURRENT_TIME_IN_MILLIS)
class CurrentTimeInMillisRequest(Message):
    """Ask for the server's clock in milliseconds."""

    TEXT = layout()


@incoming(In.CURRENT_TIME_IN_MILLIS, protobuf=V.PROTOBUF_REST_MESSAGES_3, since=V.CURRENT_TIME_IN_MILLIS)
class CurrentTimeInMillis(Message):
    """The server's clock, in milliseconds since 1970."""

    current_time_in_millis: Long = field(1)
    TEXT = layout("current_time_in_millis")


@incoming(In.ERR_MSG, protobuf=V.PROTOBUF_PLACE_ORDER)
class ErrorMessage(Message):
    """An error, a warning or a status, of one request or order, or with id -1 of the session; time: ms since 1970."""

    id: Int = field(1)
    error_time: Long = field(2)
    error_code: Int = field(3)
    error_msg: Str = field(4)
    advanced_order_reject_json: Str = field(5)
    TEXT = layout(
        "id", "error_code", at("error_msg", wire="esc"),
        at("advanced_order_reject_json", wire="esc", since=V.ADVANCED_ORDER_REJECT),
        at("error_time", since=V.ERROR_TIME), version=2, version_before=V.ERROR_TIME,
    )  # fmt: skip


@outgoing(Out.SET_SERVER_LOGLEVEL, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class SetServerLogLevelRequest(Message):
    """Set how much TWS logs of this session: 1 system to 5 detail."""

    log_level: Int = field(1)
    TEXT = layout("log_level", version=1)


@outgoing(Out.VERIFY_REQUEST, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class VerifyRequest(Message):
    """Begin the verification of a third-party application."""

    api_name: Str = field(1)
    api_version: Str = field(2)
    TEXT = layout("api_name", "api_version", version=1)


@outgoing(Out.VERIFY_MESSAGE, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class VerifyMessageRequest(Message):
    """Continue the verification of a third-party application."""

    api_data: Str = field(1)
    TEXT = layout("api_data", version=1)


@outgoing(Out.VERIFY_AND_AUTH_REQUEST)
class VerifyAndAuthRequest(Message):
    """Begin the verification and authentication of a third-party application."""

    api_name: Str = field()
    api_version: Str = field()
    opaque_isv_key: Str = field()
    TEXT = layout("api_name", "api_version", "opaque_isv_key", version=1)


@outgoing(Out.VERIFY_AND_AUTH_MESSAGE)
class VerifyAndAuthMessageRequest(Message):
    """Continue the verification and authentication of a third-party application."""

    api_data: Str = field()
    xyz_response: Str = field()
    TEXT = layout("api_data", "xyz_response", version=1)


@incoming(In.VERIFY_MESSAGE_API, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class VerifyMessageApi(Message):
    """A challenge in the verification of a third-party application."""

    api_data: Str = field(1)
    TEXT = layout("api_data", version=1)


@incoming(In.VERIFY_COMPLETED, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class VerifyCompleted(Message):
    """How the verification of a third-party application ended."""

    is_successful: Bool = field(1)
    error_text: Str = field(2)
    TEXT = layout(at("is_successful", wire="word"), "error_text", version=1)


@incoming(In.VERIFY_AND_AUTH_MESSAGE_API)
class VerifyAndAuthMessageApi(Message):
    """A challenge in the verification and authentication of a third-party application."""

    api_data: Str = field()
    xyz_challenge: Str = field()
    TEXT = layout("api_data", "xyz_challenge", version=1)


@incoming(In.VERIFY_AND_AUTH_COMPLETED)
class VerifyAndAuthCompleted(Message):
    """How the verification and authentication of a third-party application ended."""

    is_successful: Bool = field()
    error_text: Str = field()
    TEXT = layout(at("is_successful", wire="word"), "error_text", version=1)


@outgoing(Out.QUERY_DISPLAY_GROUPS, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class QueryDisplayGroupsRequest(Message):
    """Ask which display groups TWS has."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.DISPLAY_GROUP_LIST, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class DisplayGroupList(Message):
    """The display groups, ids separated by ``|``, most used first."""

    req_id: Int = field(1)
    groups: Str = field(2)
    TEXT = layout("req_id", "groups", version=1)


@outgoing(Out.SUBSCRIBE_TO_GROUP_EVENTS, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class SubscribeToGroupEventsRequest(Message):
    """Follow the contract that a display group shows."""

    req_id: Int = field(1)
    group_id: Int = field(2)
    TEXT = layout("req_id", "group_id", version=1)


@incoming(In.DISPLAY_GROUP_UPDATED, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class DisplayGroupUpdated(Message):
    """The contract that a display group shows: ``conId@exchange``, ``none`` or ``combo``."""

    req_id: Int = field(1)
    contract_info: Str = field(2)
    TEXT = layout("req_id", "contract_info", version=1)


@outgoing(Out.UPDATE_DISPLAY_GROUP, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class UpdateDisplayGroupRequest(Message):
    """Make a display group show a contract."""

    req_id: Int = field(1)
    contract_info: Str = field(2)
    TEXT = layout("req_id", "contract_info", version=1)


@outgoing(Out.UNSUBSCRIBE_FROM_GROUP_EVENTS, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class UnsubscribeFromGroupEventsRequest(Message):
    """No longer follow a display group."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)
