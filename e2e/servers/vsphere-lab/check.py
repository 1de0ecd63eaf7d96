"""Drives the lab vCenter with VMware's own SDK (pyVmomi): what it sees is printed as one JSON object for the test to judge.

Reads how to reach the lab, and a folder to download into, as JSON from standard input.
"""
import hashlib
import json
import os
import shutil
import ssl
import sys
import time
import urllib.request
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

lab = json.load(sys.stdin)
out = {}
context = ssl.create_default_context(cadata=lab["caPem"])
port = int(lab["url"].rsplit(":", 1)[1])


def control(name, **arguments):
    request = urllib.request.Request(
        lab["controlUrl"] + "/" + name, json.dumps(arguments).encode(), {"Authorization": "Bearer " + lab["controlToken"]}
    )
    return json.loads(urllib.request.urlopen(request).read())


def connect(user, password):
    return SmartConnect(host="127.0.0.1", port=port, user=user, pwd=password, sslContext=context)


def fault(call):
    """The type of the fault that a call ends with, and what it names."""
    try:
        call()
    except vmodl.MethodFault as problem:
        facts = [type(problem).__name__]
        for field in ("privilegeId", "existingState", "invalidProperty"):
            if getattr(problem, field, None):
                facts.append(str(getattr(problem, field)))
        return facts
    return None


def machine(name):
    return next(each for each in view.view if each.name == name)


def disk(config):
    return next(each for each in config.hardware.device if isinstance(each, vim.vm.device.VirtualDisk))


def areas(vm, snapshot, change_id):
    """All areas, asked for in as many calls as the server wants."""
    device = disk(snapshot.config)
    at, found, calls = 0, [], 0
    while at < device.capacityInBytes:
        info = vm.QueryChangedDiskAreas(snapshot, device.key, at, change_id)
        found += [[area.start, area.length] for area in info.changedArea]
        at = info.startOffset + info.length
        calls += 1
    return found, calls


def snapshot(vm, name):
    WaitForTask(vm.CreateSnapshot_Task(name, "by a test", False, False))
    return vm.snapshot.currentSnapshot


out["wrongPassword"] = fault(lambda: connect(lab["username"], "wrong"))
si = connect(lab["username"], lab["password"])
content = si.content
out["about"] = [content.about.apiType, content.about.apiVersion]
view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
out["names"] = sorted(each.name for each in view.view if not each.name.startswith("fill-"))

# The inventory above the machines, walked up by parents.
place, path = machine("running").parent, []
while place is not None:
    path.insert(0, place.name)
    place = place.parent
out["path"] = path
kinds = {"hosts": vim.HostSystem, "clusters": vim.ClusterComputeResource, "pools": vim.ResourcePool, "datastores": vim.Datastore, "networks": vim.Network}
for name, kind in kinds.items():
    found = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    out[name] = sorted(each.name for each in found.view)
    found.DestroyView()

# Pages.
collector = content.propertyCollector
spec = vmodl.query.PropertyCollector.FilterSpec(
    objectSet=[
        vmodl.query.PropertyCollector.ObjectSpec(
            obj=view, skip=True,
            selectSet=[vmodl.query.PropertyCollector.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)],
        )
    ],
    propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "runtime.powerState"])],
)
page = collector.RetrievePropertiesEx([spec], vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=50))
pages = [len(page.objects)]
seen = {each.obj._moId for each in page.objects}
while page.token:
    page = collector.ContinueRetrievePropertiesEx(page.token)
    pages.append(len(page.objects))
    seen |= {each.obj._moId for each in page.objects}
out["pages"] = pages
out["distinct"] = len(seen)

# Updates: only what changed.
collector.CreateFilter(spec, True)
update = collector.WaitForUpdatesEx("", vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=5))
out["firstUpdate"] = len(update.filterSet[0].objectSet)
control("power", vm="off", state="poweredOn")
update = collector.WaitForUpdatesEx(update.version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=5))
out["secondUpdate"] = [[each.kind, [change.name for change in each.changeSet]] for each in update.filterSet[0].objectSet]
control("power", vm="off", state="poweredOff")
update = collector.WaitForUpdatesEx(update.version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=5))
control("remove", vm="doomed")
update = collector.WaitForUpdatesEx(update.version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=5))
out["leave"] = [[each.kind, len(each.changeSet)] for each in update.filterSet[0].objectSet]
nothing = collector.WaitForUpdatesEx(update.version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=1))
out["quiet"] = nothing is None
for each in list(collector.filter):
    each.DestroyPropertyFilter()

# Changed block tracking.
vm = machine("running")
before = snapshot(vm, "untracked")
out["untracked"] = fault(lambda: vm.QueryChangedDiskAreas(before, 2000, 0, "*"))
out["trackingBesideSnapshot"] = fault(lambda: WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeTrackingEnabled=True))))
WaitForTask(before.RemoveSnapshot_Task(False))
WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(changeTrackingEnabled=True)))
first = snapshot(vm, "first")
change_id = disk(first.config).backing.changeId
out["fileNames"] = [disk(vm.config).backing.fileName, disk(vm.config).backing.parent.fileName, disk(first.config).backing.fileName]
out["allocated"], out["allocatedCalls"] = areas(vm, first, "*")
out["firstTruth"] = control("truth", vm="running", disk=0, snapshot=first._moId)
control("guestWrite", vm="running", disk=0, offset=5 * 1024 * 1024 + 512, stamp=77, length=512)
control("guestWrite", vm="running", disk=0, offset=lab["capacity"] - 512, stamp=78, length=512)
second = snapshot(vm, "second")
out["changed"], _ = areas(vm, second, change_id)
out["changedOfItself"], _ = areas(vm, second, disk(second.config).backing.changeId)
out["badOffset"] = fault(lambda: vm.QueryChangedDiskAreas(second, 2000, lab["capacity"], "*"))
control("resetCbt", vm="running")
third = snapshot(vm, "third")
out["afterReset"] = fault(lambda: vm.QueryChangedDiskAreas(third, 2000, 0, change_id))


def download(lease, name):
    """Takes the first disk of a lease, as a tool does: wait, get, ask for the manifest, complete."""
    while lease.state == vim.HttpNfcLease.State.initializing:
        time.sleep(0.02)
    device = lease.info.deviceUrl[0]
    host = ssl.create_default_context(cadata=lab["hostCertificatePem"])
    data = urllib.request.urlopen(device.url, context=host).read()
    with open(os.path.join(lab["folder"], name), "wb") as target:
        target.write(data)
    lease.HttpNfcLeaseProgress(100)
    manifest = lease.HttpNfcLeaseGetManifest()
    facts = {
        "url": device.url, "thumbprint": device.sslThumbprint, "devices": len(lease.info.deviceUrl), "timeout": lease.info.leaseTimeout,
        "sha1Right": manifest[0].sha1 == hashlib.sha1(data).hexdigest(), "sha256Right": manifest[0].checksum == hashlib.sha256(data).hexdigest(),
        "size": manifest[0].size == len(data), "capacity": manifest[0].capacity, "streams": len(manifest),
    }
    lease.HttpNfcLeaseComplete()
    time.sleep(0.1)
    facts["state"] = str(lease.state)
    return facts


control("guestWrite", vm="running", disk=0, offset=0, stamp=79, length=4096)
lease = second.ExportSnapshot()
out["snapshotLocked"] = fault(lambda: WaitForTask(second.RemoveSnapshot_Task(False)))
out["snapshotExport"] = download(lease, "second.vmdk")
# Later merges change the file.
shutil.copyfile(control("truth", vm="running", disk=0, snapshot=second._moId), os.path.join(lab["folder"], "second.raw"))

# Power and export of a machine.
out["onTwice"] = fault(lambda: WaitForTask(vm.PowerOnVM_Task()))
out["exportRunning"] = fault(vm.ExportVm)
off = machine("off")
lease = off.ExportVm()
out["leasedPowerOn"] = fault(lambda: WaitForTask(off.PowerOnVM_Task()))
out["vmExport"] = download(lease, "off.vmdk")
out["shutdownWithoutTools"] = fault(machine("no tools").ShutdownGuest)
vm.ShutdownGuest()
limit = time.time() + 5
while vm.runtime.powerState == "poweredOn" and time.time() < limit:
    time.sleep(0.02)
out["shutDown"] = str(vm.runtime.powerState)

# A failing task, and progress of one that does not.
control_rules = urllib.request.Request(
    lab["controlUrl"] + "/rules",
    json.dumps([{"id": "t", "kind": "task", "method": "CreateSnapshotEx_Task", "times": 1, "fault": "SnapshotFault", "message": "No space"}]).encode(),
    {"Authorization": "Bearer " + lab["controlToken"]},
)
urllib.request.urlopen(control_rules).read()
out["taskFault"] = fault(lambda: WaitForTask(off.CreateSnapshotEx_Task("x", None, False, None)))
control("knobs", taskMs=400)
task = off.CreateSnapshotEx_Task("slow", None, False, None)
steps = set()
while task.info.state in ("queued", "running"):
    steps.add(task.info.progress or 0)
    time.sleep(0.02)
out["progressSteps"] = len(steps)
control("knobs", taskMs=10)

# Revert and the tree.
control("guestWrite", vm="off", disk=0, offset=0, stamp=80, length=512)
WaitForTask(off.RevertToCurrentSnapshot_Task())
out["tree"] = [each.name for each in vm.snapshot.rootSnapshotList[0].childSnapshotList]
WaitForTask(vm.RemoveAllSnapshots_Task())
WaitForTask(off.RemoveAllSnapshots_Task())
out["noSnapshots"] = [vm.snapshot is None, off.snapshot is None]
events = content.eventManager.QueryEvents(vim.event.EventFilterSpec(maxCount=200))
out["events"] = sorted({type(each).__name__ for each in events})

# What an account may not do.
control("account", username="reader", password="reader-pw", missing=["VirtualMachine.State.CreateSnapshot"])
reader = connect("reader", "reader-pw")
theirs = reader.content
other = next(each for each in theirs.viewManager.CreateContainerView(theirs.rootFolder, [vim.VirtualMachine], True).view if each.name == "off")
out["noPermission"] = fault(lambda: other.CreateSnapshot_Task("x", "", False, False))
granted = theirs.authorizationManager.HasPrivilegeOnEntities(
    [other], theirs.sessionManager.currentSession.key, ["VirtualMachine.State.CreateSnapshot", "VirtualMachine.State.RemoveSnapshot"]
)
out["granted"] = [each.isGranted for each in granted[0].privAvailability]
Disconnect(reader)

# A session that ends.
control("expire")
out["expired"] = fault(lambda: si.CurrentTime())
print(json.dumps(out))
