"""Every rule of the step's specification (push-step.md) names the tests that prove it.

RULES has a line for each rule: section, rule, tests. A test is named as it is, `name[case]` is one case of its
table, `*` stands for anything. LATER are rules that this version does not keep yet.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SECTIONS = {
    "1": "Where steps come from",
    "1.1": "Shapes of a document",
    "1.2": "Inputs and several steps",
    "1.3": "Order of evaluation",
    "1.4": "Empty values",
    "2": "Fields",
    "2.1": "Full references in tags",
    "2.2": "Results, fail_fast, exit status",
    "3": "Variables",
    "4": "Candidate",
    "5": "Registries",
    "5.1": "What registry names",
    "5.2": "The default registry",
    "5.3": "Credentials",
    "6": "when",
    "7": "CI context",
    "7.1": "Normalization",
    "8": "Retry",
    "9": "Post-step operations",
    "10": "Exported",
}
WITHOUT_RULES = {"10"}
"""Sections whose rules are not listed here yet."""

INPUTS, MERGED = "test_section_1_fields_that_go_together", "test_section_1_inputs_win_by_groups"
SHAPES, BODY = "test_section_1_1_shapes", "test_section_1_1_fields"
ORDER = "test_section_1_1_the_order_is_that_of_the_document_brought_in_line"
REFUSED, WRONG = "test_section_1_1_what_is_refused", "test_section_2_what_a_field_does_not_take"
TAKEN, TOLD = "test_section_2_fields_of_a_document", "test_section_2_what_is_taken_otherwise_is_told"
ENDED = "test_section_2_2_and_interface_3"
WHERE, DEFAULT = "test_section_5_1_where_it_goes", "test_section_5_2_the_default_registry"
NONSENSE, IN_ENTRIES = "test_section_5_1_what_makes_no_sense", "test_section_5_every_mistake_has_its_place"
PUT, DECIDED = "test_section_3_substitution", "test_section_6_conditions_decide_as_the_original"

# A line stays a line.
# fmt: off
RULES: list[tuple[str, str, tuple[str, ...]]] = [
    # --- 1
    ("1", "command line, inputs, environment", ("test_section_1_precedence[*]",)),
    ("1", "inputs win over the document", (MERGED,)),
    ("1", "defaults come last", (f"{TAKEN}[nothing but a candidate]",)),
    ("1", "tag and tags are one group", (f"{INPUTS}[a higher tag*]", f"{MERGED}[tags take the place of tag]")),
    ("1", "a registry drops credentials", (f"{INPUTS}[it drops lower credentials]", f"{MERGED}[a registry]")),
    ("1", "a registry drops AWS fields", (f"{INPUTS}[it drops AWS fields]", f"{MERGED}[a registry]")),
    ("1", "a registry drops the host of image_name", (f"{INPUTS}[it drops the host*]", f"{MERGED}[a registry]")),
    ("1", "so do full references", (f"{INPUTS}[higher full references*]", f"{MERGED}[full references*]")),
    ("1", "credentials keep the registry", (f"{INPUTS}[higher credentials*]", f"{MERGED}[credentials keep*]")),
    ("1", "a password completes a user name", (f"{INPUTS}[a username is completed*]",)),
    ("1", "but none of the document", (f"{MERGED}[a password completes no user name of the document]",)),
    ("1", "when, retry, operations are replaced", (f"{MERGED}[mappings are replaced]",)),
    ("1", "both given is about one level", ("test_section_1_both_given_is_about_one_level[*]",)),
    ("1", "the log says what overrode what", ("test_section_1_the_log_says_which_input_overrode_the_document",)),
    # --- 1.1
    ("1.1", "a whole pipeline", (f"{SHAPES}[a pipeline]", f"{SHAPES}[a pipeline without a version]")),
    ("1.1", "named steps", (f"{SHAPES}[named steps]", f"{SHAPES}[a name that is a field's]")),
    ("1.1", "one step", (f"{SHAPES}[one step]", f"{SHAPES}[one step with its name]")),
    ("1.1", "a candidate may come from an input", ("test_section_1_a_candidate_may_come_from_an_input",)),
    ("1.1", "fields under arguments, which win", (f"{BODY}[under arguments]", f"{BODY}[arguments win]")),
    ("1.1", "the nearest of an unknown field", ("test_section_1_1_unknown_fields_name_the_nearest",)),
    ("1.1", "fail-fast and push:1.0.3", (f"{BODY}[a dash in*]", f"{SHAPES}[one step with a version of its type]")),
    ("1.1", "the document's order", (f"{ORDER}[sequential]", f"{SHAPES}[a pipeline without a version]")),
    ("1.1", "a parallel group's order", (f"{ORDER}[parallel]", f"{SHAPES}[a parallel group]")),
    ("1.1", "in line with when.steps", (f"{ORDER}[a chain]", "test_section_1_1_steps_not_run_here_hand*")),
    ("1.1", "steps that wait for each other", ("test_section_1_1_steps_that_wait_for_each_other_are_refused",)),
    ("1.1", "others are not run here", ("test_section_1_1_notices[steps of other types]",)),
    ("1.1", "root settings", (f"{BODY}[the document's settings]", "test_section_1_1_notices[root keys*]")),
    ("1.1", "other root keys", ("test_section_1_1_notices[other root keys]",)),
    ("1.1", "fields that mean nothing", (f"{BODY}[meaningless ones]", f"{TOLD}[{{candidate: app, debug: 1*]")),
    ("1.1", "refused, with what to write", (REFUSED, "test_section_1_1_the_text_to_write_instead")),
    ("1.1", "names of steps", (REFUSED, f"{SHAPES}[a long name]", f"{SHAPES}[names with blanks and dashes]")),
    ("1.1", "an empty body", (REFUSED,)),
    ("1.1", "keys that stand twice", ("test_what_is_refused", "test_section_1_1_all_duplicates_are_told_at_once")),
    ("1.1", "placeholders without quotes", ("test_section_1_1_placeholders_need_no_quotes", f"{BODY}[placeholders*]")),
    ("1.1", "positions stay true", ("test_section_1_1_positions_stay_true",)),
    ("1.1", "size", ("test_section_1_1_the_size_is_bounded",)),
    ("1.1", "depth", ("test_section_1_1_the_depth_is_bounded", "test_section_1_1_a_hundred_levels_are_read")),
    ("1.1", "aliases", ("test_section_1_1_aliases_are_bounded", "test_section_1_1_many_values_are_read")),
    ("1.1", "no tags but the core ones", ("test_what_is_refused",)),
    ("1.1", "merges are no duplicates", ("test_what_is_read", f"{SHAPES}[steps made of anchors]")),
    ("1.1", "file, line, column and path", ("test_problems_have_their_place_in_the_text",)),
    # --- 1.2
    ("1.2", "step-name selects one", ("test_section_1_2_a_step_is_selected_by_its_name",)),
    ("1.2", "inputs that want step-name", ("test_section_1_2_inputs_of_one_step_need_its_name",)),
    ("1.2", "others apply to all", ("test_section_1_2_all_other_inputs_apply_to_every_step",)),
    # --- 1.3
    ("1.3", "all mistakes before anything runs", ("test_section_1_3_all_mistakes_of_all_steps_come_before*",)),
    ("1.3", "values with variables wait", ("test_section_1_3_values_with_variables_are_not_checked_before",)),
    ("1.3", "logical names wait", ("test_section_1_3_logical_names_are_not_known_before",)),
    ("1.3", "what when excludes does not fail", ("test_section_1_3_what_when_excludes_needs_no_variables",)),
    ("1.3", "nor is anything done with it", ("test_section_1_3_a_step_that_when_excludes_is_skipped_and_nothing_else",)),
    ("1.3", "a mistake on resolving, first", ("test_section_1_3_a_mistake_that_shows_late",)),
    ("1.3", "a mistake on resolving, later", ("test_section_1_3_a_mistake_that_shows_late",)),
    ("1.3", "a missing candidate", ("test_a_push_that_fails_says_why_and_what_to_do[missing candidate]",)),
    ("1.3", "its archive too", ("test_section_1_3_a_missing_file_is_the_steps_failure",)),
    # --- 1.4
    ("1.4", "an empty input", ("test_section_1_precedence[an empty*]", "test_an_empty_field_is_never_refused")),
    ("1.4", "tags of blanks and commas", (f"{INPUTS}[tags of blanks and commas are not given]",)),
    ("1.4", "an empty text", ("test_section_1_4_an_empty_text_of_a_document_is_an_error",)),
    ("1.4", "null", ("test_section_1_4_null_is_an_error_but_for_timeout",)),
    ("1.4", "empty lists", ("test_section_1_4_empty_lists[*]",)),
    ("1.4", "empty mappings", ("test_section_1_4_empty_mappings_are_as_if_left_out",)),
    ("1.4", "latest is told", ("test_section_2_tags[nothing given]",)),
    # --- 2
    ("2", "type", (REFUSED, f"{SHAPES}[one step with its type]")),
    ("2", "title, description", (f"{TAKEN}[texts]",)),
    ("2", "a title by default", ("test_section_2_title_and_stage_group_the_log_and_the_report",)),
    ("2", "stage is in stages", (REFUSED, "test_section_3_a_stage_from_a_variable_is_asked_for")),
    ("2", "stage groups log and report", ("test_section_2_title_and_stage_group_the_log_and_the_report",)),
    ("2", "provider", (f"{TAKEN}[standard]", f"{WRONG}[provider: *]")),
    ("2", "what ecr ignores", (f"{TOLD}[{{candidate: app, provider: ecr, registry: ghcr.io*]",)),
    ("2", "what docker ignores", (f"{TOLD}[{{candidate: app, accessKeyId: a*]",)),
    ("2", "region beside a logical name", (f"{TOLD}[*registry: my-registry}}]", f"{WHERE}[ECR in another region]")),
    ("2", "a provider that the entry is not", (f"{NONSENSE}[docker given for ECR]", f"{NONSENSE}[ECR given*]")),
    ("2", "AWS fields of the step and the entry", ("test_section_2_as_whom_aws_is_asked",)),
    ("2", "ecr, really", ("test_section_2_ecr_*",)),
    ("2", "candidate is needed", ("test_the_candidate_is_needed",)),
    ("2", "tag as it was written", (f"{TAKEN}[a tag as it was written]", "test_section_2_scalars_keep_their_spelling")),
    ("2", "tag beside tags", (f"{WRONG}[tag: a\ntags: [[]b]]", "test_bad_input_is_told_and_nothing_is_touched*")),
    ("2", "duplicates collapse", ("test_section_2_tags[duplicates collapse]", f"{TAKEN}[tags twice]")),
    ("2", "image_name by default", ("test_section_5_2_where_it_goes_without_a_registry[the candidate's own name]",)),
    ("2", "a host in image_name", ("test_section_5_1_where_it_goes_with_registries[its host in image_name]",)),
    ("2", "another host in image_name", ("test_what_makes_no_sense[another registry in image_name]",)),
    ("2", "a tag or digest in image_name", ("test_section_2_an_image_name_has_neither_tag_nor_digest",)),
    ("2", "a candidate without a name", ("test_section_2_the_one_repository_among_an_ids_names[*]",)),
    ("2", "or one of an archive, a layout", ("test_section_2_a_candidate_without_a_name_is_told", "test_section_2_a_c*")),
    ("2", "registry, or several", (f"{TAKEN}[a registry]", f"{TAKEN}[registries]", f"{WRONG}[registry: *]")),
    ("2", "credentials, both", (f"{TAKEN}[credentials]", f"{WRONG}[credentials: {{username: a}}]")),
    ("2", "credentials for several registries", (f"{WRONG}[registry: [[]a.io, b.io]*]",)),
    ("2", "AWS fields", (f"{TAKEN}[ecr]", f"{WRONG}[provider: ecr\naccessKeyId: a]", f"{WRONG}[region: europe]")),
    ("2", "role_arn and its fields", (f"{TAKEN}[a role of another partition]", f"{WRONG}[role_arn*]", f"{WRONG}[aws_*]")),
    ("2", "platform", (f"{TAKEN}[a platform]", f"{WRONG}[platform: linux]")),
    ("2", "booleans", ("test_section_2_booleans_of_a_document*", f"{WRONG}[fail_fast: *]")),
    ("2", "strict_fail_fast", ("test_section_2_strict_fail_fast_is_true_or_false", f"{WRONG}[strict_fail_fast: on]")),
    ("2", "timeout", (f"{TAKEN}[seconds]", f"{TAKEN}[hours]", f"{WRONG}[timeout: *]")),
    ("2", "no timeout", (f"{TAKEN}[no seconds]", f"{TAKEN}[no timeout]")),
    ("2", "timeout stops what is under way", ("test_section_2_a_timeout_stops_a_transfer_under_way",)),
    ("2", "timeout is no reason to retry", ("test_section_2_a_timeout_stops_a_transfer_under_way",)),
    ("2", "timeout spans waits and retries", ("test_section_2_a_timeout_covers_the_waits",)),
    ("2", "retry", (f"{TAKEN}[retry]", f"{WRONG}[retry: {{maxAttempts: 0}}]")),
    ("2", "retry out of bounds", (f"{TAKEN}[retry b*]", f"{TOLD}[{{candidate: app, retry: {{maxAttempts: 99*]")),
    ("2", "hooks", (f"{BODY}[hooks]", "test_section_9_hooks_are_the_same")),
    ("2", "registry_context", ("test_section_2_registry_context_*", "test_section_2_credentials_are_for_no_other*")),
    ("2", "scalars keep their spelling", ("test_section_3_of_the_reference_scalars", f"{BODY}[section 2: scalars*]")),
    ("2", "the grammar of tags", ("test_section_2_a_tag_is_taken_as_it_is", "test_section_2_anything_else_is_no_tag")),
    ("2", "the variable that fits", ("test_trap_18_2_a_branch_with_a_slash_shows_the_variable_that_fits",)),
    ("2", "names in small letters", ("test_section_2_anything_else_is_no_repository",)),
    ("2", "the repository's own name", ("test_section_2_the_repositorys_own_name_in_small_letters",)),
    # --- 2.1
    ("2.1", "a full reference", ("test_section_2_1_what_is_meant_as_a_full_reference", "test_section_2_1_a_full_reference")),
    ("2.1", "else a bad tag", ("test_section_2_1_anything_else_is_no_full_reference",)),
    ("2.1", "no digest, no colon in a bare tag", ("test_section_2_values_that_are_not_taken[a colon in a bare tag]",)),
    ("2.1", "not mixed", ("test_section_2_values_that_are_not_taken[kinds are mixed]",)),
    ("2.1", "no image_name beside them", ("test_section_2_values_that_are_not_taken[full references and image_name]",)),
    ("2.1", "no registry beside them", ("test_section_2_values_that_are_not_taken[full references and registry]",)),
    ("2.1", "no ecr beside them", (f"{WRONG}[provider: ecr\ntags*]",)),
    ("2.1", "credentials for one host", ("test_section_2_values_that_are_not_taken[full references at two hosts*]",)),
    ("2.1", "where they go", ("test_section_2_1_full_references[*]", "test_full_references_go_to_both_registries")),
    ("2.1", "entries are found by host", (f"{WHERE}[full references have no prefix]",)),
    ("2.1", "an entry of several", (f"{NONSENSE}[a host of several in a full reference]",)),
    ("2.1", "a variable may make one", ("test_section_2_1_a_hostile_value_as_a_whole_entry_is_what_it_looks_like",)),
    # --- 2.2
    ("2.2", "a result", (f"{ENDED}[a push]", f"{ENDED}[the first takes a part]", f"{ENDED}[skipped]")),
    ("2.2", "all tags are tried", ("test_one_registry_refuses_and_the_others_tags_are_there",)),
    ("2.2", "but not after a refused login", ("test_a_refused_login_is_not_repeated_for_the_same_host",)),
    ("2.2", "fail_fast", (f"{ENDED}[a failure]", "test_section_2_2_what_later_steps_are_skipped_for[a failure]")),
    ("2.2", "fail_fast: false", (f"{ENDED}[a failure, fail_fast: false]", f"{ENDED}[a failure, fail_fast: false, then*]")),
    ("2.2", "strict_fail_fast", (f"{ENDED}[a failure, fail_fast: false, strict, then a push]",)),
    ("2.2", "the run's result", (f"{ENDED}[all skipped]", f"{ENDED}[SIGTERM*]", f"{ENDED}[bad input]")),
    ("2.2", "2 is never softened", (f"{ENDED}[bad input is never softened]",)),
    ("2.2", "several steps, really run", ("test_section_2_2_what_a_failed_step_means_for_later_ones",)),
    # --- 3
    ("3", "spellings", (PUT, "test_section_3_placeholders_in_their_spellings")),
    ("3", "the short spelling", (PUT, "test_section_3_the_short_spelling_says_what_it_takes")),
    ("3", "members of steps", (PUT, "test_section_3_what_names_stand_for")),
    ("3", "members of steps that ran", ("test_section_1_3_the_second_step_pushes_what_the_first_did",)),
    ("3", "order of look-up", (PUT,)),
    ("3", "one pass", ("test_section_3_one_pass_and_never_again",)),
    ("3", "before values are typed", ("test_section_3_values_are_typed_when_their_variables_are_in",)),
    ("3", "in values, not in keys", ("test_section_3_keys_are_left_alone",)),
    ("3", "but in keys of metadata", ("test_section_3_variables_in_the_keys_of_metadata",)),
    ("3", "credentials of inputs", ("test_section_3_credentials_of_inputs_are*",)),
    ("3", "what looks secret", ("test_section_3_names_that_look_secret", "test_section_3_values_that_look_secret[*]")),
    ("3", "secrets in credentials alone", ("test_section_3_secrets_go_into_credentials",)),
    ("3", "anywhere else an error", ("test_section_3_a_secret_is_read_by_no*", "test_section_3_a_secret_in_an_entry*")),
    ("3", "given ones are exempt and masked", ("test_section_3_given_variables_are_exempt_and_masked",)),
    ("3", "what resolves to nothing stays", ("test_section_3_an_unresolved_placeholder_stays_as_its_text", PUT)),
    ("3", "a leftover in a field that is used", ("test_section_3_what_is_left_over_in_a_field_that_is_used",)),
    ("3", "an earlier step that owes a value", ("test_section_3_an_earlier_step_that_owes_a_value_fails_this_one",)),
    ("3", "variables given", ("test_section_3_variables_given_to_the_run[*]", "test_section_3_what_gives_no_variables[*]")),
    ("3", "hostile values", ("test_section_3_a_hostile_value_changes_no_other_field",)),
    # --- 4
    ("4", "an image in the daemon", ("test_section_4_a_candidate_in_the_daemon", "test_section_4_spellings_of*")),
    ("4", "what a variable holds", ("test_section_3_values_are_typed_when_their_variables_are_in",)),
    ("4", "docker-daemon", (f"{TAKEN}[the daemon's]",)),
    ("4", "archives and layouts", (f"{TAKEN}[a docker save]", f"{TAKEN}[an OCI archive]", f"{TAKEN}[an OCI layout]")),
    ("4", "they are read", ("test_section_4_the_names_in_an_archive*", "test_section_5_1_an_image_is_carried_in*")),
    ("4", "what an earlier push hands on", (f"{TAKEN}[an OCI layout, by what*]", "test_section_3_what_a_step_put_into*")),
    ("4", "an image in a registry", (f"{TAKEN}[a registry's]", f"{TAKEN}[Docker Hub's own]")),
    ("4", "anything else", ("test_section_4_anything_else_is_no_candidate", f"{WRONG}[candidate: *]")),
    ("4", "several platforms", ("test_section_4_both_platforms_arrive_whole*", "test_section_4_platform_picks_one")),
    ("4", "one of several", ("test_an_image_by_name_or_id*", "test_an_image_in_a_layout_by_tag*")),
    ("4", "what the daemon lacks", ("test_section_4_a_name_with_a_host_is_read_from_there",)),
    ("4", "paths of the runner", ("test_section_4_paths_of_the_runners_machine[*]",)),
    ("4", "resolved once", ("test_a_name_that_somebody_moves_meanwhile_is_theirs",)),
    ("4", "the closest names", ("test_a_push_that_fails_says_why_and_what_to_do[missing candidate]",)),
    # --- 5
    ("5", "every key of an entry", ("test_section_5_six_registries",)),
    ("5", "every mistake with its place", (IN_ENTRIES, "test_section_5_what_a_mistake_says")),
    ("5", "one default at most", (IN_ENTRIES, "test_section_5_2_the_default_may_be_a_variables_choice")),
    ("5", "insecure", (IN_ENTRIES,)),
    ("5", "ca, insecure, really", ("test_section_5_by_logical_name",)),
    ("5", "what the provider ignores", ("test_section_5_what_the_provider_has_no_use_for_is_told",)),
    ("5", "variables in entries", ("test_section_3_only_an_entry_that_is_used_needs_its_variables",)),
    ("5", "secrets in entries", ("test_section_3_secrets_go_into_credentials_of_entries", "test_section_3_a_secret_any*")),
    ("5", "the account that is left out", ("test_section_5_what_aws_has_to_be_asked",)),
    # --- 5.1
    ("5.1", "logical names first", ("test_section_5_1_logical_names_come_first",)),
    ("5.1", "a layout", ("test_section_5_1_into_a_layout", "test_section_5_1_an_image_is_carried_in*")),
    ("5.1", "a host", ("test_section_5_1_a_host", "test_section_5_1_anything_else_is_no_host")),
    ("5.1", "anything else lists the names", ("test_section_5_1_logical_names_come_first",)),
    ("5.1", "HTTPS first, here alone HTTP", ("test_a_registry_here_*", "test_another_machine_is_not_asked_*")),
    ("5.1", "HTTP with insecure: http", ("test_another_machine_is_asked_*", "test_section_5_by_logical_name")),
    ("5.1", "a host that equals a domain", (f"{WHERE}[a host has its login*]", "test_section_5_1_a_host_that_equals*")),
    ("5.1", "prefixes", (f"{WHERE}[its prefix*]", f"{WHERE}[and before image_name]", f"{WHERE}[though that begins*]")),
    ("5.1", "Docker Hub's names are one", ("test_section_5_1_where_it_goes_with_registries[duplicates collapse]",)),
    ("5.1", "no one-part name there", ("test_section_5_1_docker_hub_wants_a_namespace", f"{WHERE}[Docker Hub, whose*]")),
    ("5.1", "duplicates collapse", (f"{WHERE}[two names of one place]", f"{WHERE}[two names of one registry]")),
    ("5.1", "one bad entry", ("test_section_3_only_an_entry_that_is_used_needs_its_variables",)),
    # --- 5.2
    ("5.2", "the marked entry", (f"{DEFAULT}[the marked one]", f"{DEFAULT}[with its prefix]")),
    ("5.2", "GitLab's", (f"{DEFAULT}[none]", "test_section_5_2_a_one_part_name_on_gitlab_goes_below_the_project")),
    ("5.2", "the candidate's host, Docker Hub", ("test_section_5_2_where_it_goes_without_a_registry",)),
    ("5.2", "the host among an image's names", ("test_section_5_2_the_host_among_its_names",)),
    # --- 5.3
    ("5.3", "the order", ("test_section_5_3_the_order", "test_section_5_3_whose_login_comes_first")),
    ("5.3", "the Docker configuration", ("test_section_5_3_the_order_in_a_file", "test_section_5_3_which_keys_mean*")),
    ("5.3", "responsible, but broken", ("test_section_5_3_mine_but_broken_stops_the_search",)),
    ("5.3", "a store that knows nothing", ("test_section_5_3_a_store_that_knows_nothing_is_a_notice",)),
    ("5.3", "the CI's own", ("test_section_5_3_the_cis_own_registry", "test_section_5_3_the_github_token_is*")),
    ("5.3", "strange checkouts", ("test_section_5_3_a_document_of_a_strange_*", "test_section_5_3_registries_of_*")),
    ("5.3", "strange checkouts, counted", ("test_section_5_3_a_strange_checkout_leads_no_login_*",)),
    # --- 6
    ("6", "a name or a regex", ("test_section_6_what_an_entry_is", "test_section_6_flags_name_the_accepted_ones")),
    ("6", "the branch is CF_BRANCH", ("test_the_branch_of_when_is_cf_branch",)),
    ("6", "only and ignore", ("test_section_6_which_branches_run",)),
    ("6", "values in entries", ("test_section_6_placeholders_in_entries", "test_a_value_in_a_pattern_matches_itself*")),
    ("6", "all and any", ("test_section_6_all_and_any",)),
    ("6", "names of conditions", ("test_section_6_what_is_wrong_before_anything_runs",)),
    ("6", "branch, steps, condition", ("test_section_6_branch_then_steps_then_condition",)),
    ("6", "the rest is not evaluated", ("test_section_6_nothing_is_looked_at_behind_what_excludes",)),
    ("6", "any error fails the step", ("test_section_6_an_error_fails_the_step_with_its_name_text_and_place",)),
    ("6", "steps and their endings", ("test_section_6_steps", "test_section_6_steps_say_how_they_ended")),
    ("6", "words that never come true", ("test_section_6_words_that_never_come_true_have_a_notice",)),
    ("6", "steps of a document", ("test_a_trap[18.11 finished where it is a word]",)),
    ("6", "a step that is not run here", ("test_section_6_steps", "test_section_3_what_names_stand_for")),
    ("6", "an unknown step", ("test_section_6_steps_that_are_not_there_are_refused",)),
    ("6", "workflow.result", ("test_section_3_what_names_stand_for",)),
    ("6", "what a condition came to", ("test_section_6_a_condition_says_its_text_its_values_and_its_outcome",)),
    ("6", "and that log and report say it", ("test_a_condition_decides_before_anybody_is_asked*",)),
    ("6", "the language", (DECIDED, "test_section_6_what_an_expression_is", "test_section_6_what_is_no_expression")),
    ("6", "replace, Member, identifiers", (DECIDED, "test_section_3_what_names_stand_for")),
    ("6", "no value rewrites a condition", ("test_section_6_a_branch_name_cannot_rewrite_a_condition",)),
    ("6", "no hostile one either", ("test_section_6_a_hostile_text_is_nothing_but_a_text",)),
    ("6", "a bare placeholder", ("test_section_6_a_placeholder_by_itself*", "test_section_6_a_text_by_itself*")),
    ("6", "nesting and length", ("test_section_6_size_and_nesting_are_bounded", "test_section_6_size_is_bounded_after*")),
    ("6", "JavaScript's expressions", ("test_section_6_matches_like_javascript", "test_section_6_a_pattern_that_is_none")),
    ("6", "0.3 s", ("test_section_6_a_match_over_its_limit_fails_the_step", "test_section_6_a_regex_over_its_limit*")),
    ("6", "mistakes are of the document", ("test_section_6_what_is_wrong_before_anything_runs", "test_section_6_all_p*")),
    ("6", "a step that is excluded", ("test_section_1_3_a_step_that_when_excludes_is_skipped_and_nothing_else",)),
    ("6", "without any branch", ("test_section_6_without_a_branch_ignore_runs_and_says_so",)),
    # --- 7
    ("7", "GitHub", ("test_section_7_github", "test_section_7_github_gives_nothing_beyond_its_rows")),
    ("7", "GitLab", ("test_section_7_gitlab", "test_section_7_gitlab_gives_nothing_beyond_its_rows")),
    ("7", "a real variable wins", ("test_a_real_variable_wins*",)),
    ("7", "unset, never empty", ("test_no_variable_is_empty", "test_an_empty_real_variable_is_absent")),
    ("7", "anywhere else", ("test_section_7_anywhere_else_nothing_is_derived",)),
    ("7", "the hint to give one", ("test_a_trap[18.3 a missing variable]",)),
    ("7", "CF_STEP_NAME", ("test_section_7_a_step_knows_its_name",)),
    ("7.1", "normalization", ("test_section_7_1_normalization", "test_section_7_1_what_is_normalized_is_a_tag*")),
    # --- 8
    ("8", "maxAttempts counts all", ("test_section_8_waits[one attempt]", "test_section_8_the_last_attempt_ends_it")),
    ("8", "waits", ("test_section_8_waits[constant]", "test_section_8_waits[the first wait is a power too]")),
    ("8", "cut at 300 s", ("test_section_8_waits[an hour is cut]", "test_section_8_any_schedule_is_bounded")),
    ("8", "jitter", ("test_section_8_jitter_adds_a_tenth_at_most",)),
    ("8", "CF_CURRENT_ATTEMPT", ("test_section_9_what_follows_a_step_never_changes_its_result",)),
    ("8", "when is not asked again", ("test_section_8_when_is_asked_once",)),
    ("8", "only what is missing", ("test_section_8_only_what_is_missing_is_tried_again",)),
    ("8", "after passing failures", ("test_section_8_a_passing_failure_is_tried_again",)),
    ("8", "503 twice, really", ("test_section_8_a_registry_that_fails_twice_gets_three_attempts",)),
    ("8", "single requests", ("test_server_errors_are_tried_again*", "test_server_errors_that_last_cost_an_attempt")),
    ("8", "401, really", ("test_section_8_what_cannot_get_better_fails_at_once",)),
    ("8", "Retry-After", ("test_section_8_retry_after_in_both_forms", "test_section_8_a_registry_that_asks_for_too_long*")),
    ("8", "what cannot get better", ("test_section_8_what_cannot_get_better_is_not_tried_again_and_says_why",)),
    # --- 9
    ("9", "on_success, then on_finish", ("test_section_9_after_a_success",)),
    ("9", "on_fail, then on_finish", ("test_section_9_after_a_failure_what_is_not_known_stays",)),
    ("9", "run after the step", ("test_section_9_what_follows_a_step_never_changes_its_result",)),
    ("9", "a failure is a warning", ("test_section_9_what_follows_a_step_never_changes_its_result",)),
    ("9", "values", ("test_section_9_after_a_success", "test_section_9_a_hostile_value_is_a_value_and_nothing_else")),
    ("9", "names", ("test_section_9_what_is_refused", "test_section_9_a_hostile_name_is_a_name_or_a_problem")),
    ("9", "evaluate", ("test_section_9_an_expression_gives_true_or_false",)),
    ("9", "file:PATH", ("test_section_9_what_follows_a_step_never_changes_its_result",)),
    ("9", "builds: report and summary", ("test_section_9_the_summary_has_them",)),
    ("9", "unset supersedes", ("test_section_9_operations",)),
    ("9", "images: a warning", ("test_section_9_what_follows_a_step_never_changes_its_result",)),
]
# fmt: on

LATER = [
    ("9", "image entities become a referrer of the pushed digest"),
    ("9", "an image that this run did not push is matched by the ID of a candidate"),
]


# --- what there is -------------------------------------------------------------------------------------


def tables(module: ast.Module) -> dict[str, list[str]]:
    """The module's dictionaries → their keys, as far as these are written there."""
    found = {}
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)):
                found[name] = keys
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(keys=keys)):
                found[name] = keys
            case _:
                pass
    return {
        name: [str(key.value) for key in keys if isinstance(key, ast.Constant)]
        for name, keys in found.items()
    }


def cases(test: ast.FunctionDef, known: dict[str, list[str]]) -> Iterator[str]:
    """The names of a test's cases where they are the keys of a table: `("row", TABLE)`, or `ids=TABLE`."""
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call):
            given = [*decorator.args[1:], *(one.value for one in decorator.keywords if one.arg == "ids")]
            for one in given:
                if isinstance(one, ast.Name):
                    yield from known.get(one.id, ())


def collected(path: Path) -> Iterator[str]:
    """Every test of a file, and `test[case]` for each of its named cases."""
    module = ast.parse(path.read_text())
    known = tables(module)
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name
            yield from (f"{node.name}[{case}]" for case in cases(node, known))


FILES = {path: list(collected(path)) for path in sorted(TESTS.rglob("test_*.py"))}
THERE = sorted({name for names in FILES.values() for name in names})


def fitting(pattern: str) -> list[str]:
    """The tests that a claim names. Brackets are a case's own, but for `[[]`."""
    escaped = re.sub(r"\[(?!\[\])", "[[]", pattern.replace("[[]", "\0")).replace("\0", "[[]")
    return [name for name in THERE if fnmatchcase(name, escaped)]


# --- what must be --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("section", "rule", "tests"), RULES, ids=[f"{one[0]} {one[1]}" for one in RULES])
def test_a_rule_has_its_tests(section: str, rule: str, tests: tuple[str, ...]) -> None:
    assert tests, rule
    assert [name for name in tests if not fitting(name)] == [], f"{section} {rule}"


def test_what_comes_later_is_of_a_section() -> None:
    assert {section for section, _ in LATER} <= set(SECTIONS)


def test_every_section_has_rules() -> None:
    told = {section for section, _, _ in RULES}
    assert told == set(SECTIONS) - WITHOUT_RULES
    assert len({(section, rule) for section, rule, _ in RULES}) == len(RULES)


def test_every_name_of_a_section_is_that_of_one() -> None:
    sections = {section.replace(".", "_") for section in SECTIONS}
    found = {
        (path.name, number[1])
        for path, names in FILES.items()
        for name in names
        if (number := re.match(r"test_section_([0-9]+(?:_[0-9]+)?)_", name))
    }
    assert sorted(one for one in found if one[1] not in sections) == []
    assert {number for _, number in found} >= {
        section.replace(".", "_") for section in set(SECTIONS) - WITHOUT_RULES
    }


def test_a_gap_is_found() -> None:
    assert fitting("test_section_6_steps") == ["test_section_6_steps"]
    assert fitting("test_section_1_1_shapes[a pipeline]") == ["test_section_1_1_shapes[a pipeline]"]
    assert len(fitting("test_section_1_1_shapes[*]")) > 10
    assert fitting("test_section_1_1_shapes[no such case]") == []
    assert fitting("test_section_6_nothing_of_this_kind") == []
