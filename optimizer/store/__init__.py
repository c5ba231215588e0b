"""The store: workspaces, cases, plans, progress and who did what, on SQLite or PostgreSQL.

Open it, look at one moment of a workspace, or change it whole or not at all::

    store = open_store()
    with store.write("north", actor="ann", reason="quarter 1") as write:
        version = save_case(write, "q1", case)
        plan = save_plan(write, version.id, owners)
    with store.read("north") as view:
        owner = find_owner(view, "C17", date(2027, 1, 4))
"""

from __future__ import annotations

from optimizer.store.access import (
    Role,
    Token,
    find_token,
    get_token,
    list_tokens,
    make_token,
    note_use,
    revoke_token,
)
from optimizer.store.assignments import Assignment, get_assignment, list_assignments, load_assignments
from optimizer.store.audit import AuditCheck, Entry, list_entries, verify_audit
from optimizer.store.backup import Manifest, restore_backup, verify_all, write_backup
from optimizer.store.cases import (
    CaseVersion,
    get_case_version,
    list_case_versions,
    list_cases,
    load_case,
    load_case_table,
    save_case,
)
from optimizer.store.events import KeptEvent, Posted, get_event, list_events, load_events, post_events
from optimizer.store.jobs import (
    ENDED,
    Job,
    JobState,
    ask_job,
    cancel_job,
    end_cancelled,
    fail_job,
    finish_job,
    get_job,
    list_jobs,
    list_open_jobs,
    show_progress,
    start_job,
)
from optimizer.store.ownership import Held, Ownership, find_owner, load_owners, trace_owner
from optimizer.store.pages import Page
from optimizer.store.people import Person, find_roles, get_person, grant_role, list_members, sign_in
from optimizer.store.plans import (
    KeptPlan,
    add_file,
    change_plan,
    get_plan,
    list_files,
    list_plans,
    load_file,
    load_plan,
    save_plan,
)
from optimizer.store.publications import (
    Publication,
    Tenure,
    find_in_force,
    list_in_force,
    list_publications,
    publish_plan,
    undo_publication,
)
from optimizer.store.refusals import Blocked, Missing, Refused, Unavailable, Unfit
from optimizer.store.requests import Answer, forget, recall, remember
from optimizer.store.schema import SYSTEM
from optimizer.store.settings import Place, find_place
from optimizer.store.statuses import PlanStatus, approve_plan, archive_plan, reject_plan, submit_plan
from optimizer.store.store import Store, open_any_release, open_store, upgrade_place
from optimizer.store.transactions import Conflict, View, Write
from optimizer.store.variants import (
    KeptVariant,
    delete_variant,
    get_variant,
    list_variants,
    load_variant,
    save_variant,
)
from optimizer.store.verdicts import Verdict, find_verdict, judge_plan
from optimizer.store.webhooks import (
    Attempt,
    Delivery,
    Webhook,
    add_webhook,
    announce,
    change_webhook,
    claim_deliveries,
    get_webhook,
    list_deliveries,
    list_webhooks,
    note_attempt,
)
from optimizer.store.workers import Worker, beat, bury, list_workers
from optimizer.store.workspaces import (
    ChangeLimits,
    Workspace,
    change_limits,
    create_workspace,
    get_workspace,
    list_workspaces,
)

__all__ = [
    "ENDED",
    "SYSTEM",
    "Answer",
    "Assignment",
    "Attempt",
    "AuditCheck",
    "Blocked",
    "CaseVersion",
    "ChangeLimits",
    "Conflict",
    "Delivery",
    "Entry",
    "Held",
    "Job",
    "JobState",
    "KeptEvent",
    "KeptPlan",
    "KeptVariant",
    "Manifest",
    "Missing",
    "Ownership",
    "Page",
    "Person",
    "Place",
    "PlanStatus",
    "Posted",
    "Publication",
    "Refused",
    "Role",
    "Store",
    "Tenure",
    "Token",
    "Unavailable",
    "Unfit",
    "Verdict",
    "View",
    "Webhook",
    "Worker",
    "Workspace",
    "Write",
    "add_file",
    "add_webhook",
    "announce",
    "approve_plan",
    "archive_plan",
    "ask_job",
    "beat",
    "bury",
    "cancel_job",
    "change_limits",
    "change_plan",
    "change_webhook",
    "claim_deliveries",
    "create_workspace",
    "delete_variant",
    "end_cancelled",
    "fail_job",
    "find_in_force",
    "find_owner",
    "find_place",
    "find_roles",
    "find_token",
    "find_verdict",
    "finish_job",
    "forget",
    "get_assignment",
    "get_case_version",
    "get_event",
    "get_job",
    "get_person",
    "get_plan",
    "get_token",
    "get_variant",
    "get_webhook",
    "get_workspace",
    "grant_role",
    "judge_plan",
    "list_assignments",
    "list_case_versions",
    "list_cases",
    "list_deliveries",
    "list_entries",
    "list_events",
    "list_files",
    "list_in_force",
    "list_jobs",
    "list_members",
    "list_open_jobs",
    "list_plans",
    "list_publications",
    "list_tokens",
    "list_variants",
    "list_webhooks",
    "list_workers",
    "list_workspaces",
    "load_assignments",
    "load_case",
    "load_case_table",
    "load_events",
    "load_file",
    "load_owners",
    "load_plan",
    "load_variant",
    "make_token",
    "note_attempt",
    "note_use",
    "open_any_release",
    "open_store",
    "post_events",
    "publish_plan",
    "recall",
    "reject_plan",
    "remember",
    "restore_backup",
    "revoke_token",
    "save_case",
    "save_plan",
    "save_variant",
    "show_progress",
    "sign_in",
    "start_job",
    "submit_plan",
    "trace_owner",
    "undo_publication",
    "upgrade_place",
    "verify_all",
    "verify_audit",
    "write_backup",
]
