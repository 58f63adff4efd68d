"""Servers that are wrong in one thing about who a connection is in the course of time: sessions, revocation, races."""

from __future__ import annotations

from tests.faulty import identity_hubs as hubs
from tests.faulty import identity_routes as routes
from tests.faulty.fault import Fault

SIGN_IN, SIGN_OUT = "/api/sign_in", "/api/sign_out"
ROTATE, REVOKE = "/api/session/rotate", "/api/revoke/{user_id}"

FAULTS = (
    Fault(
        "keeps_the_last_connection_of_a_user",
        "ISO-1",
        hubs.KeepsTheLastOfAUser,
        plans=("every_socket_of_a_user_gets_it",),
    ),
    Fault("hears_users_only_after_a_while", "EN-1", hubs.IntroducesUsersLate, plans=("private_stream_in_order",)),
    Fault("queues_for_who_is_absent", "ISO-4", hubs.QueuesForTheAbsent),
    Fault("fails_for_who_is_absent", "ISO-4", hubs.FailsForTheAbsent),
    Fault("replays_broadcasts_to_who_comes_later", "BC-2", hubs.ReplaysBroadcasts),
    Fault("gives_places_away_before_it_sweeps", "ISO-8", hubs.SweepsPlacesLate, app=routes.telling_losses),
    Fault("waits_between_looking_up_and_sending", "ISO-8", hubs.LooksPlacesUpTooEarly),
    Fault("takes_guests_for_the_last_user", "ISO-5", hubs.RemembersTheAddress),
    Fault("ends_sockets_long_after_the_sign_out", "ID-3", hubs.EndsSocketsLate),
    Fault("keeps_the_context_over_the_sign_out", "ID-4", hubs.KeepsTheContext),
    Fault("signs_out_by_taking_the_cookie", "ID-5", routes=((SIGN_OUT, routes.sign_out_by_cookie),)),
    Fault("caches_what_a_cookie_stands_for", "ID-5", hubs.CachesSessions),
    Fault(
        "carries_subscriptions_over_to_the_next_user",
        "ID-6",
        hubs.CarriesSubscriptionsOver,
        routes=((SIGN_IN, routes.sign_in_over),),
    ),
    Fault(
        "subscribes_a_returning_user_twice",
        "ORD-2",
        hubs.SubscribesAgain,
        plans=("switch_of_user_and_back",),
        routes=((SIGN_IN, routes.sign_in_over),),
    ),
    Fault("signs_out_everywhere", "ID-7", routes=((SIGN_OUT, routes.sign_out_everywhere),)),
    Fault("ends_every_socket_of_the_user_at_sign_out", "ID-7", hubs.EndsSocketsOfTheUser),
    Fault("forgets_the_user_at_sign_out", "ID-7", hubs.ForgetsTheUserAtSignOut),
    Fault("revokes_no_sockets", "ID-8", hubs.RevokesNoSockets),
    Fault("revokes_one_socket", "ID-8", hubs.RevokesOneSocket),
    Fault("revokes_sockets_only", "ID-8", routes=((REVOKE, routes.revoke_sockets),)),
    Fault("revokes_everybody", "ID-8", hubs.RevokesEverybody),
    Fault("never_expires_on_live_sockets", "ID-9", hubs.NeverExpires),
    Fault("drops_sockets_of_a_renewed_session_to_guests", "ID-10", hubs.DropsRenewedSockets),
    Fault("counts_sockets_of_a_renewed_session_twice", "ID-10", hubs.CountsRenewedSocketsTwice),
    Fault("renews_to_a_cookie_that_stands_for_nobody", "ID-10", routes=((ROTATE, routes.rotate_to_nothing),)),
    Fault(
        "keeps_renewed_sockets_over_the_sign_out",
        "ID-3",
        hubs.KeepsRenewedSocketsUnderTheOldName,
        plans=("a_session_that_is_renewed",),
    ),
    Fault(
        "looks_the_session_up_before_it_waits",
        "ID-11",
        routes.LooksSessionsUpTooEarly,
        app=routes.looking_up_slowly,
        plans=("sign_out_during_the_handshake",),
    ),
    Fault("closes_ended_sessions_as_usual", "ID-12", hubs.ClosesAsUsual),
)
