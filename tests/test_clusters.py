"""The files for clusters that the page `many-workers` shows fit what they are for.

What a TFJob may hold is what the definition of Kubeflow's training operator says (v1.8, the file
manifests/base/crds/kubeflow.org_tfjobs.yaml), for the fields that ours has.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from dlbook import data_parallel

CLUSTERS = Path(__file__).parent.parent / "docs" / "_static" / "clusters"


def fields(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"}
AMOUNT = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|[KMGTPE]i?)?$"}
AMOUNTS = {"type": "object", "additionalProperties": AMOUNT}
MOUNT = fields(["name", "mountPath"], name=NAME, mountPath={"type": "string", "pattern": "^/"})
CONTAINER = fields(
    ["name", "image"],
    name=NAME,
    image=TEXT,
    command={"type": "array", "items": TEXT},
    resources=fields(requests=AMOUNTS, limits=AMOUNTS),
    volumeMounts={"type": "array", "items": MOUNT},
)
VOLUME = fields(["name"], name=NAME, persistentVolumeClaim=fields(["claimName"], claimName=NAME))
POD = fields(
    ["containers"],
    containers={"type": "array", "items": CONTAINER, "minItems": 1},
    volumes={"type": "array", "items": VOLUME},
)
REPLICAS = fields(
    ["template"],
    replicas=COUNT,
    restartPolicy={"enum": ["Always", "OnFailure", "Never", "ExitCode"]},
    template=fields(["spec"], spec=POD),
)
TFJOB = fields(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "kubeflow.org/v1"},
    kind={"const": "TFJob"},
    metadata=fields(["name"], name=NAME),
    spec=fields(
        ["tfReplicaSpecs"],
        runPolicy=fields(cleanPodPolicy={"enum": ["None", "Running", "All"]}, backoffLimit=COUNT),
        tfReplicaSpecs=fields(Chief=REPLICAS, Worker=REPLICAS, PS=REPLICAS, Evaluator=REPLICAS),
    ),
)


def tfjob():
    return yaml.safe_load((CLUSTERS / "tfjob.yaml").read_text())


def check(job):
    jsonschema.validate(job, TFJOB, cls=jsonschema.Draft202012Validator)


def arguments_of(words):
    assert words[:3] == ["python", "-m", "dlbook.data_parallel"]
    return data_parallel._parser().parse_args(words[3:])


def test_the_job_for_kubernetes_is_one_that_the_operator_takes():
    check(tfjob())
    worker = tfjob()["spec"]["tfReplicaSpecs"]["Worker"]
    pod = worker["template"]["spec"]
    (container,) = pod["containers"]
    assert container["name"] == "tensorflow", "the operator sets TF_CONFIG in this one only"
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    options = arguments_of(container["command"])
    assert options.checkpoints.startswith(container["volumeMounts"][0]["mountPath"] + "/")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda job: job.update(kind="TFjob"),
        lambda job: job["spec"].pop("tfReplicaSpecs"),
        lambda job: job["spec"]["tfReplicaSpecs"]["Worker"].update(replicas="2"),
        lambda job: job["spec"]["tfReplicaSpecs"]["Worker"].update(restartPolicy="Sometimes"),
        lambda job: job["spec"]["tfReplicaSpecs"]["Worker"].pop("template"),
        lambda job: job["spec"].update(replicas=2),
    ],
)
def test_a_spoiled_job_is_noticed(spoil):
    job = tfjob()
    spoil(job)
    with pytest.raises(jsonschema.ValidationError):
        check(job)


# Of `man sbatch`, those that ours has, with the form of their values.
SBATCH = {
    "job-name": r"[\w-]+",
    "nodes": r"\d+",
    "ntasks-per-node": r"\d+",
    "cpus-per-task": r"\d+",
    "mem": r"\d+[KMGT]",
    "time": r"\d\d:\d\d:\d\d",
    "requeue": "",
}


def test_the_job_for_slurm_is_a_shell_script_with_known_options():
    text = (CLUSTERS / "train.sbatch").read_text()
    assert text.startswith("#!/bin/bash\n#SBATCH"), "options count before the first command only"
    directives = re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", text, re.M)
    assert len(directives) == text.count("#SBATCH") == len(dict(directives))
    for name, value in directives:
        assert re.fullmatch(SBATCH[name], value), name
    command, _, _ = text[text.index("srun ") :].replace("\\\n", " ").partition("\nthen\n")
    words = shlex.split(command)
    arguments_of(words[words.index("python") :])
    bash = shutil.which("bash")
    if bash is not None:
        subprocess.run([bash, "-n"], input=text, text=True, check=True)


@pytest.mark.parametrize("gpus", [0, 2])
def test_on_slurm_the_addresses_are_those_of_the_nodes(monkeypatch, gpus):
    import tensorflow as tf

    step = {"PROCID": 1, "STEP_NUM_TASKS": 2, "STEP_NODELIST": "n[07-08]"}
    for name, value in {**step, "STEP_TASKS_PER_NODE": "1(x2)"}.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [None] * gpus)
    monkeypatch.setattr(
        tf.distribute, "MultiWorkerMirroredStrategy", lambda cluster_resolver: cluster_resolver
    )
    if gpus:
        from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver

        monkeypatch.setattr(slurm_cluster_resolver, "get_num_gpus", lambda: gpus)
    resolver = data_parallel.chosen_strategy()
    assert resolver.cluster_spec().as_dict() == {"worker": ["n07:8888", "n08:8888"]}
    assert resolver.get_task_info() == ("worker", 1)
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == ("0,1" if gpus else None)
