"""Break one line at a time, in a copy, and expect red: python -m tests.mutate [FOLDER OR FILE]. Exit status 1
if a break goes unnoticed."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
# file, line part, its break, the tests that must notice
BREAKS = [
    ("orchestrator/protocols/loso.py", "del rest[place]", "pass", "tests/orchestrator/protocols"),
    ("orchestrator/protocols/inner.py", "for clip in ids if clip not in validation)", "for clip in ids)", "tests/orchestrator/protocols"),
    ("orchestrator/common/seeds.py", "for name in names)", "for name in names[:1])", "tests/orchestrator/training tests/orchestrator/study/test_study.py"),
    ("orchestrator/study/jobs.py", "digest(self._identity(), 24)", "digest({\"fold\": self.fold}, 24)", "tests/orchestrator/study/test_jobs.py"),
    ("orchestrator/selection/metrics.py", ".mean(", ".max(", "tests/orchestrator/selection/test_metrics.py"),
    ("orchestrator/study/tasks.py", "x_train=shared.x[self.train]", "x_train=shared.x[self.test]", "tests/orchestrator/study/test_tasks.py tests/orchestrator/study/test_table.py"),
    ("orchestrator/study/table.py", "for clip in ids])\n    y = np", "for clip in stored])\n    y = np", "tests/orchestrator/study/test_table.py"),
    ("orchestrator/study/table.py", 'self.aus if self.au == "annotated" else None', "self.aus", "tests/orchestrator/study/test_tasks.py"),
    ("orchestrator/study/table.py", '"annotated" if au == "annotated" else "predicted"', '"predicted" if au == "predicted" else "annotated"', "tests/orchestrator/study/test_table.py"),
    ("orchestrator/study/action_units.py", "(job.fold, True) and", "(job.fold, True) or", "tests/orchestrator/study/test_action_units.py"),
    ("orchestrator/study/tasks.py", "y_validation=self.y[validation].astype(np.int16)", "y_validation=self.y[np.concatenate([validation, test])].astype(np.int16)", "tests/orchestrator/study/test_tasks.py"),
    ("orchestrator/study/tasks.py", "job=replace(job, train=(), validation=(), test=())", "job=replace(job, train=(), validation=())", "tests/orchestrator/study/test_tasks.py"),
    ("orchestrator/study/tasks.py", "aus_train=self.aus[train] if", "aus_train=self.aus if", "tests/orchestrator/study/test_tasks.py"),
    ("orchestrator/study/tasks.py", "validation=(), test=(), validation_truth=np.zeros(0, np.int64))", "validation=(), test=())", "tests/orchestrator/study/test_tasks.py"),
    ("orchestrator/study/tasks.py", "validation_truth=self.y[self._rows(job.validation)]", "validation_truth=self.y[self._rows(job.test)]", "tests/orchestrator/study/test_tasks.py"),
    ("orchestrator/study/versions.py", "*(name for name in PARTS if name not in parts)", "", "tests/orchestrator/study/test_versions.py"),
    ("orchestrator/study/versions.py", "(model, *ROOTS, *parts), (", "(model, *ROOTS), (", "tests/orchestrator/study/test_versions.py"),
    ("orchestrator/study/versions.py", "libraries])", "{}])", "tests/orchestrator/study/test_versions.py"),
    ("preprocessing/closure.py", "if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)):", "if True:", "tests/preprocessing/test_closure.py"),
    ("preprocessing/closure.py", "to_do += _needs(name)", "pass", "tests/preprocessing/test_closure.py"),
    ("preprocessing/closure.py", "ast.unparse(child.test) in (", "child in (", "tests/preprocessing/test_closure.py"),
    ("preprocessing/plugins.py", "if by is not None or name in registry:", "if False:", "tests/preprocessing/test_plugins.py tests/orchestrator/study/test_plugins.py"),
    ("mer_models/shapes.py", "len(pattern) == len(seen) and all(map(_fits, pattern, seen))", "len(pattern) == len(seen)", "tests/mer_models/test_shapes.py"),
    ("mer_models/shapes.py", "(*seen[:-2], image_size, image_size)", "seen", "tests/mer_models/test_shapes.py"),
    ("orchestrator/search/loop.py", "if done == len(jobs):", "if False:", "tests/orchestrator/search/test_loop.py"),
    ("orchestrator/search/loop.py", "folds.close()  # its", "pass  # its", "tests/orchestrator/search/test_loop.py"),
    ("orchestrator/search/loop.py", "elif stop:", "elif False:", "tests/orchestrator/search/test_loop.py"),
    ("orchestrator/search/loop.py", "judge.completed(trial)", "pass", "tests/orchestrator/search/test_loop.py"),
    ("orchestrator/sweeps/kept.py", "if differ:", "if False:", "tests/orchestrator/sweeps/test_kept.py"),
    ("orchestrator/sweeps/kept.py", "and new > old", "", "tests/orchestrator/sweeps/test_kept.py"),
    ("orchestrator/sweeps/kept.py", "if then.arithmetic != how.arithmetic:", "if False:", "tests/orchestrator/sweeps/test_kept.py"),
    ("orchestrator/protocols/fold.py", "if people and not subject_dependent", "if False", "tests/orchestrator/protocols"),
    ("orchestrator/training/loop.py", "aus_train=own", "aus_train=head(data.x_train)", "tests/orchestrator/training"),
    ("orchestrator/selection/scores.py", 'part_of(row["fold"]', 'part_of(""', "tests/orchestrator/selection"),
    ("preprocessing/sealed.py", "moved(path, aside)", "pass", "tests/orchestrator/workspace/test_store.py"),
    ("orchestrator/workspace/store.py", "if record.job_id != job_id", "if False", "tests/orchestrator/workspace/test_store.py"),
    ("preprocessing/sealed.py", "held.st_ino, held.st_mtime_ns, held.st_ctime_ns", "held.st_ino, 0", "tests/preprocessing/test_kept_files.py -k through_once"),
    ("preprocessing/lost_ray.py", "if not self.left.wait(GRACE) and self.open:", "if False:", "tests/preprocessing/test_lost_ray.py"),
    ("preprocessing/lost_ray.py", "if _ended(process) and still(0):", "if _ended(process):", "tests/preprocessing/test_lost_ray.py"),
    ("preprocessing/lost_ray.py", "if looking.what and not died(error):", "if looking.what:", "tests/preprocessing/test_lost_ray.py"),
    ("orchestrator/experiments/ahead.py", "if lost_ray.ended():", "if False:", "tests/preprocessing/test_lost_ray.py"),
    ("orchestrator/search/schedulers/wilcoxon.py", "if difference[0] >= margin:", "if False:", "tests/orchestrator/search/schedulers"),
    ("orchestrator/search/schedulers/wilcoxon.py", "if d >= 0)", "if d <= 0)", "tests/orchestrator/search/schedulers"),
    ("orchestrator/search/schedulers/wilcoxon.py", "if other == self.best else 0.0", "", "tests/orchestrator/search/schedulers"),
    ("orchestrator/search/schedulers/asha.py", "len(rung) // self.eta", "len(rung)", "tests/orchestrator/search/schedulers"),
    ("orchestrator/search/schedulers/asha.py", "score > rung[trial]", "score >= rung[trial]", "tests/orchestrator/search/schedulers"),
    ("orchestrator/search/schedulers/evidence.py", "np.where(diverged > 0, 0.0, uf1)", "uf1", "tests/orchestrator/search/schedulers"),
    ("orchestrator/search/fold_order.py", "(clips[place] & ~seen).bit_count()", "clips[place].bit_count()", "tests/orchestrator/search/test_fold_order.py"),
    ("orchestrator/runners/sizing.py", "SPARE * peak.gpu", "peak.gpu", "tests/orchestrator/runners/test_sizing.py"),
    ("orchestrator/runners/limit.py", "signal.setitimer(signal.ITIMER_REAL, 0)", "pass", "tests/orchestrator/runners/test_limit.py"),
    ("orchestrator/runners/limit.py", "faulthandler.cancel_dump_traceback_later()", "pass", "tests/orchestrator/runners/test_limit.py"),
    ("orchestrator/runners/pending.py", "ray.cancel(reference, force=True)", "pass", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/marks.py", "_internal_kv_put(_key(\"drains\", sweep), b\"1\")", "pass", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/pending.py", "failures + 1 >= ATTEMPTS", "failures >= ATTEMPTS", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/pending.py", "min(1.0, 2 * need.gpus)", "need.gpus", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/pending.py", "if len(pack) > 1:\n", "if False:\n", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/pending.py", "packs = packs[1:]", "pass", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/pending.py", "return 1 + math.ceil(", "return 100 + math.ceil(", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/ray.py", "with time_limit(need.limit_s):", "with time_limit(0):", "tests/orchestrator/runners/test_ray.py"),
    ("orchestrator/runners/ray_quirks.py", "class_cache.DEFAULT_ENV_VARS.clear()", "pass", "tests/orchestrator/runners/test_ray_quirks.py"),
    ("orchestrator/runners/ray_quirks.py", "class_cache.ENV_VARS_TO_PROPAGATE.clear()", "pass", "tests/faults/test_secrets.py"),
    ("orchestrator/search/tune.py", "max_failures=RESTARTS", "max_failures=0", "tests/faults/test_trials.py"),
    ("orchestrator/search/draining.py", "if self.asked:", "if False:", "tests/faults/test_trials.py"),
    ("orchestrator/search/tune.py", "marks.drain(self.sweep)", "pass", "tests/faults/test_trials.py"),
    ("orchestrator/tracking/outbox.py", "self.waiting.remove(what)", "pass", "tests/orchestrator/tracking/test_outbox.py"),
    ("orchestrator/tracking/outbox.py", "self._pass(write=again)", "False", "tests/orchestrator/tracking/test_outbox.py"),
    ("orchestrator/tracking/lock.py", "fcntl.flock(handle, fcntl.LOCK_EX)", "pass", "tests/orchestrator/tracking/test_outbox.py"),
    ("orchestrator/tracking/database.py", "os.link(part, file)", "os.replace(part, file)", "tests/orchestrator/tracking/test_database.py"),
    ("orchestrator/tracking/sweep_run.py", "if \"mer.id\" not in run.data.tags", "if True", "tests/orchestrator/tracking/test_tracker.py"),
    ("orchestrator/tracking/spot_run.py", "if row[\"rule\"] == spotsweeps.HEADLINE else ()", "if row[\"rule\"] == \"oracle\" else ()", "tests/orchestrator/test_spotsweep_elsewhere.py"),
    ("orchestrator/sweeps/cleaning_spots.py", "if state == OLDER and one.job_id in open_:", "if False:", "tests/orchestrator/test_spotsweep_elsewhere.py"),
    ("preprocessing/spotting/clips.py", "_picture(image[rows, columns])", "_picture(image)", "tests/preprocessing/spotting/test_clips.py"),
    ("orchestrator/console/outputs.py", " or folder in DEVICES:", ":", "tests/orchestrator/console/test_outputs.py"),
    ("orchestrator/tracking/names.py", "if often[one] == 1", "if True", "tests/orchestrator/tracking/test_names.py"),
    ("orchestrator/runners/job_server.py", "if earlier else 1}", "if False else 1}", "tests/orchestrator/test_remote.py"),
    ("orchestrator/workspace/sweep_folder.py", "fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH", "tests/faults/test_two_at_once.py"),
    ("orchestrator/workspace/sweep_folder.py", "if any((path / name).exists() for name in BEGUN):\n                raise", "if (path / DEFINITION).exists():\n                raise", "tests/orchestrator/sweeps/test_leaving.py -k before_there_is_anything"),
    ("orchestrator/workspace/sweep_folder.py", "    except BlockingIOError:\n        return True", "    except BlockingIOError:\n        return False", "tests/orchestrator/test_list.py"),
    ("preprocessing/sealed.py", "data, len(data), sha256(data)", "data, len(data), marker[\"sha256\"]", "tests/test_store_on_s3.py -k every_object"),
    ("preprocessing/render/corpus.py", "    if found != wanted:\n", "    if False:\n", "tests/preprocessing/render/test_render_corpus.py"),
    ("orchestrator/sweeps/comparison.py", "if differ := _differences(one, asked, () if name == row.name else OWN):", "if False:", "tests/orchestrator/sweeps/test_comparison.py -k refused"),
    ("orchestrator/workspace/fold_file.py", "if text.startswith(written, at):", "if at >= 0:", "tests/orchestrator/workspace/test_reread.py -k at_hand"),
    ("orchestrator/workspace/reread.py", "if error.errno != errno.ESTALE:", "if True:", "tests/orchestrator/workspace/test_reread.py -k nfs"),
    ("orchestrator/workspace/sealed.py", " and not left_by_nfs(path.name)", "", "tests/orchestrator/workspace/test_sealed.py"),
    ("orchestrator/protocols/inner_many.py", "ids[own != group]", "ids", "tests/orchestrator/protocols/test_inner.py"),
    ("orchestrator/workspace/looks.py", "sorted(jobs), numbers", "sorted(jobs)", "tests/orchestrator/workspace/test_looks.py"),
    ("orchestrator/workspace/looks.py", "if look[\"state\"] in", "if look[\"state\"] not in", "tests/orchestrator/workspace/test_looks.py"),
    ("orchestrator/workspace/looks.py", "look.get(\"people\", people)", "look.get(\"people\", [])", "tests/orchestrator/workspace/test_looks.py"),
    ("orchestrator/results/comparison.py", "both = sorted(common.keys() & own.keys())", "both = sorted(own)", "tests/orchestrator/sweeps/test_comparison.py"),
    ("orchestrator/results/trials.py", "one.config[section][name]", "one.drawn.get(key)", "tests/orchestrator/test_report.py"),
    ("orchestrator/training/packed/folds.py", "self.folds[row].epoch", "self.folds[0].epoch", "tests/orchestrator/training/packed/test_folds.py"),
    ("orchestrator/study/study.py", "fold.train, self.inner_folds", "table.clip_ids, self.inner_folds", "tests/orchestrator/study/test_study.py"),
    ("orchestrator/inference/refit.py", "group=group,", "group=0,", "tests/orchestrator/inference/test_refit.py"),
    ("orchestrator/inference/refit.py", "loss < best", "loss > best", "tests/orchestrator/inference/test_refit.py"),
    ("orchestrator/inference/refit.py", "np.median(epochs)", "np.max(epochs)", "tests/orchestrator/inference/test_refit.py"),
    ("orchestrator/search/samplers.py", "self.seed, trial.number, param_name", "self.seed, param_name", "tests/orchestrator/search/test_search.py"),
    ("orchestrator/search/samplers.py", "if self.sampler not in REDRAWS:", "if False:", "tests/orchestrator/sweeps/test_leaving.py -k proposals_that_are_lost"),
    ("orchestrator/search/samplers.py", "                self.keep(proposed)\n            return", "                pass\n            return", "tests/orchestrator/sweeps/test_leaving.py -k proposals_that_are_lost"),
    ("orchestrator/workspace/sweep_folder.py", "if differ:", "if not differ:", "tests/orchestrator/test_sweep.py"),
    ("preprocessing/inputs/roi_flow.py", "math.ceil((1 - keep)", "math.ceil(keep", "tests/preprocessing/inputs"),
    ("preprocessing/inputs/roi_flow.py", "* (steps / n)", "", "tests/preprocessing/inputs"),
    ("preprocessing/inputs/motion_image.py", "t <= apex, 2 * t", "t < apex, 2 * t", "tests/preprocessing/inputs"),
    ("preprocessing/pipeline.py", "(earlier - looked) / (number - looked)", "1.0", "tests/preprocessing/test_pipeline.py"),
    ("preprocessing/pipeline.py", "_spooled(waiting, numbers)", "_spooled(waiting, range(len(numbers)))", "tests/preprocessing/test_pipeline.py"),
    ("preprocessing/apex.py", "- (1 - s) * first - s * last", "- first", "tests/preprocessing/test_apex.py"),
    ("preprocessing/findings.py", "                if found != wanted\n", "", "tests/preprocessing/test_check.py"),
    ("preprocessing/align.py", "[-sin, cos]", "[sin, cos]", "tests/preprocessing/test_align.py"),
    ("preprocessing/flow.py", "0.5 * (uy + vx)", "0.5 * (uy - vx)", "tests/preprocessing/test_flow.py"),
    ("preprocessing/landmarks.py", "self._next.reset()", "pass", "tests/preprocessing/test_landmarks.py"),
    ("preprocessing/sealed.py", "found = sha256(path)", 'found = marker["sha256"]', "tests/preprocessing/test_kept_files.py"),
    ("preprocessing/plan.py", "if _state(clips, {}) == plan.states[number]:", "if True:", "tests/preprocessing/test_extract.py"),
    ("orchestrator/results/explain/methods.py", "found[GRADIENTS] = places.total(made.detach())", "found[GRADIENTS] = places.mean(made.detach())", "tests/orchestrator/results/explain/test_methods.py -k linear"),
    ("orchestrator/results/explain/methods.py", "lost: Tensor = FeatureAblation(score).attribute(\n        x, still,", "lost: Tensor = FeatureAblation(score).attribute(\n        x, 0 * still,", "tests/orchestrator/results/explain/test_methods.py -k linear"),
    ("orchestrator/results/explain/methods.py", "relu_attributions=True", "relu_attributions=False", "tests/orchestrator/results/explain/test_methods.py -k grad_cam"),
    ("orchestrator/results/explain/methods.py", "if GRADIENTS in only:", "if True:", "tests/orchestrator/results/explain/test_methods.py -k grad_cam"),
    ("orchestrator/results/explain/methods.py", "        (_last_maps(own), None if", "        (own, 0 if", "tests/orchestrator/results/explain/test_methods.py -k every_model"),
    ("orchestrator/results/explain/methods.py", "found |= {name: places.mean(_spread(one, places)) for name, one in looked.items()}", "pass", "tests/orchestrator/results/explain/test_methods.py -k every_model"),
    ("orchestrator/results/explain/attention.py", "stack.callback(layer.register_forward_hook(keep).remove)", "layer.register_forward_hook(keep)", "tests/orchestrator/results/explain/test_methods.py -k every_model"),
    ("orchestrator/results/explain/attention.py", "adjacency.mean(2), adjacency.mean(1)", "adjacency.mean(3), adjacency.mean(1)", "tests/orchestrator/results/explain/test_methods.py -k looked"),
    ("orchestrator/results/explain/attention.py", "torch.roll(maps, (of.shift_size, of.shift_size)", "torch.roll(maps, (-of.shift_size, of.shift_size)", "tests/orchestrator/results/explain/test_methods.py -k looked"),
    ("orchestrator/results/explain/deletion.py", "np.broadcast_to(rng.random(flat.shape[1]), flat.shape), -flat)", "np.broadcast_to(rng.random(flat.shape[1]), flat.shape), -abs(flat))", "tests/orchestrator/results/explain/test_methods.py -k linear"),
    ("orchestrator/results/explain/deletion.py", "torch.where(of_number < round(share * count), still, x)", "torch.where(of_number < round(share * count), 0 * still, x)", "tests/orchestrator/results/explain/test_methods.py -k linear"),
    ("orchestrator/results/explain/deletion.py", "-flat))", "flat))", "tests/orchestrator/results/explain/test_methods.py -k deleted"),
    ("orchestrator/results/explain/still.py", "still = apply(still, recipe.normalise, kind, normaliser)", "pass", "tests/orchestrator/results/explain/test_methods.py -k normalised"),
    ("orchestrator/results/explain/still.py", "np.repeat(x[:, :1], 2, axis=1)", "np.repeat(x[:, 1:], 2, axis=1)", "tests/orchestrator/results/explain/test_methods.py -k other_kinds"),
    ("orchestrator/results/explain/embedding.py", "(a - middle_a) @ turn + middle_b", "(a - middle_a) @ turn.T + middle_b", "tests/orchestrator/results/explain/test_methods.py -k turned"),
    ("orchestrator/results/explain/embedding.py", "layers[number].out_features == classes", "True", "tests/orchestrator/results/explain/test_methods.py -k every_model"),
    ("orchestrator/results/explain/collected.py", "np.mean(means, axis=0)", "values.mean(0)", "tests/orchestrator/results/explain/test_collected.py -k more_clips"),
    ("orchestrator/results/explain/collected.py", "named >= NAMED", "named >= 0.7", "tests/orchestrator/results/explain/test_collected.py -k too_few"),
    ("orchestrator/results/explain/collected.py", "self.signed.get(method, self.importance[method])", "self.importance[method]", "tests/orchestrator/results/explain/test_collected.py -k speaks_for"),
    ("orchestrator/results/explain/collected.py", "counts[:-1].any()", "counts[:-1].argmax() > counts[-1]", "tests/orchestrator/results/explain/test_collected.py -k covered_together"),
    ("orchestrator/results/explain/collected.py", "np.isclose(values, most, rtol=1e-5, atol=0)", "(np.arange(values.shape[1]) == values.argmax(1)[:, None])", "tests/orchestrator/results/explain/test_collected.py -k covered_together"),
    ("orchestrator/results/explain/collected.py", "others = hits.sum() - np.trace(hits)", "others = hits.sum()", "tests/orchestrator/results/explain/test_collected.py -k agreement"),
    ("orchestrator/results/explain/collected.py", 'row["deletion_area"] < row["random_area"]', 'row["deletion_area"] <= 1', "tests/orchestrator/results/explain/test_collected.py -k no_faster"),
    ("orchestrator/results/explain/canonical.py", "(25.6, 96.2)", "(26.6, 96.2)", "tests/orchestrator/results/explain/test_places.py -k canonical"),
    ("orchestrator/results/explain/places.py", "return rows[:, None] * side + columns", "return rows[:, None] + columns * side", "tests/orchestrator/results/explain/test_places.py -k cover_the_crop"),
    ("orchestrator/results/explain/places.py", "whole = at.reshape(windows_, len(REGIONS), 1, 1, 1) * cells**2 + own", "whole = 0 * at.reshape(windows_, len(REGIONS), 1, 1, 1) + own", "tests/orchestrator/results/explain/test_places.py -k each_number"),
    ("orchestrator/results/explain/places.py", 'p.removesuffix("s") in name', "p in name", "tests/orchestrator/results/explain/test_places.py -k windows"),
    ("orchestrator/results/explain/places.py", "/ 0.105 + 92, x[:, 1]", "/ 0.205 + 92, x[:, 1]", "tests/orchestrator/results/explain/test_places.py -k published"),
    ("orchestrator/results/explain/places.py", "over[..., own].mean(-1)", "over[..., own].sum(-1)", "tests/orchestrator/results/explain/test_places.py -k larger"),
    ("orchestrator/results/explain/places.py", 'raise ValueError(f"an input of kind', 'return _of_windows(channels, shape, points)\n    raise ValueError(f"an input of kind', "tests/orchestrator/results/explain/test_places.py -k nobody"),
    ("orchestrator/results/page/templates.py", "autoescape=True", "autoescape=False", "tests/orchestrator/results/test_page.py -k acts"),
    ("orchestrator/results/page/page.html.j2", "<title>", '<link rel="x" href="http://a.b/c"><title>', "tests/orchestrator/results/test_page.py -k elsewhere"),
    ("orchestrator/results/page/tables.py", '["uf1"] - held[honest]["uf1"] if', '["uf1"] - held[shown_rule(summary)]["uf1"] if', "tests/orchestrator/results/test_page.py -k oracle_gap"),
    ("orchestrator/results/page/tables.py", '"model", "corpus",', '"corpus",', "tests/orchestrator/results/test_page.py -k modes"),
    ("orchestrator/results/page/tables.py", 'or newest[other["au"]][0] < when', 'or newest[other["au"]][0] > when', "tests/orchestrator/results/test_page.py -k modes"),
    ("orchestrator/results/page/tables.py", '(n, f"{n / all_:.0%}", n / all_)', '(n + 1, f"{n / all_:.0%}", n / all_)', "tests/orchestrator/results/test_page.py -k summary_says"),
    ("orchestrator/results/page/page.py", '"beside": beside.lines(summary["selection"], rule)', '"beside": []', "tests/orchestrator/results/test_page.py -k summary_says"),
    ("orchestrator/results/page/page.html.j2", '{{ details_missing or "nothing was kept" }}', "", "tests/orchestrator/results/test_page.py -k older"),
    ("orchestrator/results/page/formats.py", "shown: int = 100", "shown: int = 10000", "tests/orchestrator/results/test_page.py -k six_hundred"),
    ("orchestrator/results/page/formats.py", 'line.startswith(("[", "*"))', "False", "tests/orchestrator/results/test_page.py -k spreadsheets"),
    ("orchestrator/results/page/explained.html.j2", "{{ explained.warning }}", "", "tests/orchestrator/results/test_explained.py"),
    ("orchestrator/results/page/explained.py", 'if held is not None and held["predictions"] != state(folder)', "if False", "tests/orchestrator/results/test_explained.py"),
    ("orchestrator/results/page/explained.py", "for right in (True, False)", "for right in (True,)", "tests/orchestrator/results/test_explained.py"),
    ("orchestrator/results/page/explained.py", '"customdata": [[escape(clip)', '"customdata": [[clip', "tests/orchestrator/results/test_explained.py"),
    ("orchestrator/results/page/explained.py", "for name in (INDEX, PAGE, *named)", "for name in (INDEX, PAGE)", "tests/orchestrator/results/test_explained.py"),
    ("orchestrator/tracking/tracker.py", ', f"{explained.FOLDER}/{explained.INDEX}")', ")", "tests/orchestrator/results/test_explained.py"),
    ("orchestrator/tracking/tracker.py", 'file.name in ("summary.json", LOOKS, PAGE)', 'file.name in ("summary.json", LOOKS)', "tests/orchestrator/results/test_page.py -k mlflow"),
    ("orchestrator/statistics/intervals.py", "stdtrit(people - 1, (1 + LEVEL) / 2)", "ndtri((1 + LEVEL) / 2)", "tests/orchestrator/statistics/test_intervals.py -k few_people"),
    ("orchestrator/statistics/intervals.py", "* np.sqrt(people / (people - 1))", "", "tests/orchestrator/statistics/test_intervals.py -k few_people"),
    ("orchestrator/statistics/intervals.py", "(pull**3).sum() / cubes if cubes else 0.0", "0.0", "tests/orchestrator/statistics/test_intervals.py -k few_people"),
    ("orchestrator/statistics/intervals.py", "z = bias + np.array", "z = np.array", "tests/orchestrator/statistics/test_intervals.py -k few_people"),
    ("orchestrator/statistics/intervals.py", "/ often[drawn]", "/ len(counted)", "tests/orchestrator/statistics/test_intervals.py -k does_not_count"),
    ("orchestrator/statistics/people.py", "math.lcm(one.shape[1], other.shape[1])", "other.shape[1]", "tests/orchestrator/statistics/test_intervals.py -k other_numbers"),
    ("orchestrator/statistics/permutations.py", "- b[name])) - EQUAL", "- b[name])) + EQUAL", "tests/orchestrator/statistics/test_permutations.py -k swaps_of_few"),
    ("orchestrator/statistics/permutations.py", "for held in blocks.values() for label in _shuffled(list(held.values()), rng)", "for label in _shuffled([one for held in blocks.values() for one in held.values()], rng)", "tests/orchestrator/statistics/test_permutations.py -k corpus_alone"),
    ("orchestrator/statistics/several.py", "np.maximum.accumulate(", "np.asarray(", "tests/orchestrator/statistics/test_several.py -k holm"),
    ("orchestrator/statistics/several.py", "weights=np.sqrt(people)", "weights=None", "tests/orchestrator/statistics/test_several.py -k stouffer"),
    ("orchestrator/results/intervals.py", 'ends if name == "war" else', "ends if True else", "tests/orchestrator/test_intervals_shown.py -k own_classes"),
    ("orchestrator/results/intervals.py", "one.get(who, np.nan)", "one.get(who, 0.0)", "tests/orchestrator/test_intervals_shown.py -k means"),
    ("orchestrator/results/intervals.py", "made |= _of_means(made, _rows(frame, classes), classes)", "pass", "tests/orchestrator/test_intervals_shown.py -k means"),
    ("orchestrator/results/trials.py", "caption=RANKS if", "caption=None if", "tests/orchestrator/test_intervals_shown.py -k means"),
    ("orchestrator/results/audit.py", "{said(right[name])}", "{right[name]['value']:.4f}", "tests/orchestrator/test_audit.py -k each_fault"),
    ("orchestrator/results/verdict.py", "        if apart:", "        if True:", "tests/orchestrator/test_compare.py -k claims"),
    ("orchestrator/experiments/lines.py", "digest([asked, self.code], 12)", "digest([asked], 12)", "tests/orchestrator/experiments/test_lines.py -k other_code"),
    ("orchestrator/experiments/corpora.py", '{"protocol": "group_holdout"} if fixed else {}', "{}", "tests/orchestrator/experiments/test_lines.py"),
    ("orchestrator/experiments/table.py", "alike = first is not one and", "alike =", "tests/orchestrator/experiments/test_output.py -k p_over_seeds"),
    ("orchestrator/experiments/file.py", "            fields |= row.fields\n", "", "tests/orchestrator/experiments/test_file.py -k own_fields"),
    ("orchestrator/experiments/explained.py", "if name not in of_sweep:", "if True:", "tests/orchestrator/experiments/test_explained.py -k once"),
    ("orchestrator/workspace/listed.py", 'held.get("interval", {})', "{}", "tests/orchestrator/test_list.py"),
]  # fmt: skip


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Of the root also workspace/, which another folder of that name, a room, is not."""
    own = {".git", ".venv", "workspace"} if Path(folder) == ROOT else set()
    return {"__pycache__", ".mypy_cache", *own}.intersection(names)


def main() -> int:
    survived = []
    asked = [one for one in BREAKS if one[0].startswith(sys.argv[1] if len(sys.argv) > 1 else "")]
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "project"
        shutil.copytree(
            ROOT,
            copy,
            ignore=_left_out,
        )
        for file, old, new, tests in asked:
            path = copy / file
            text = path.read_text()
            if text.count(old) < 1:
                survived.append(f"{file}: {old!r} is not there any more; mend tests/mutate.py")
                print(survived[-1], flush=True)
                continue
            path.write_text(text.replace(old, new, 1))
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", *tests.split()],
                cwd=copy,
                capture_output=True,
                check=False,
            )
            path.write_text(text)
            # any other status: pytest could not run the tests, which says nothing
            word = {0: "GREEN", 1: "red  "}.get(done.returncode, f"pytest ended with {done.returncode}:")
            print(f"{word} {file}: {old} -> {new or '(nothing)'}", flush=True)
            if done.returncode != 1:
                survived.append(f"{file}: {old} -> {new}")
    print(f"{len(asked) - len(survived)} of {len(asked)} breaks noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
