// SPDX-License-Identifier: BSD-3-Clause

// Command bench measures the operator against a plain client that makes the same writes on the same
// machine in the same run. Seconds differ from machine to machine; the ratio of the two hardly does.
//
// One repetition, each step on a control plane of its own:
//
//	bare, operator   etcd and kube-apiserver only: the writes themselves, nothing else
//	bare, raw        the same writes by a plain client
//	full, operator   + controllers, scheduler and simulated nodes: until every App is Ready
//	full, raw        the same writes by a plain client, until every Deployment is available
//	edited           etcd and kube-apiserver: one edit of an agreement, until every App under it says so;
//	                 then the same writes of status by a plain client, on the same control plane
//
// once, Apps that are registered against a slow sandbox of Altinn, with the budget of calls as the measure;
// then all of them are looked at again, by a new process and by the clock,
//
// Apps that get clients and keys at a slow sandbox of Digdir's self-service, with the budget as the measure and
// Apps without a client beside them, and what it costs to keep them; Apps whose keys are rotated while their
// pods use them,
//
// service owners and Apps whose data is kept in an Azure that kwok plays, what that costs, and how soon it is told
// that data has left its region,
//
// and once, with few Apps and an audit log, who asks the API server for what.
//
// Only the registered Apps have a registry, only those with clients Digdir's self-service, and only those with data
// storage. For all others these are left out of the configuration, also of one that was given: the plain client calls
// nobody, and with them the ratio would be of their budgets, and not comparable with figures from before there were any.
//
//	main.go      flags, the order of things
//	fixture.go   the service owners, their agreements and Apps, from config/samples
//	stage.go     a control plane with the operator installed and the owners' namespaces made
//	recorder.go  the harness's watches: when each App and each child was first seen
//	operator.go  the timed run of the operator
//	recipe.go    what the operator made, read back as bodies to be written again
//	raw.go       the timed run of the plain client
//	edited.go    both timed runs of an agreement's edit
//	outside.go   the sandbox, the configurations with and without it, what its log says
//	registered.go the Apps that are registered, and looked at again
//	credentials.go the sandbox of Digdir's self-service, and the Apps that use it
//	provided.go  the Apps that get a client each, and those beside them
//	kept.go      silence, Secrets of others, and a look at all clients
//	rotated.go   the rotation of keys that pods use
//	stored.go    service owners and Apps with storage, left alone, and passed over by another operator
//	drifted.go   data that leaves its region
//	admitted.go  what the admission policies add to making an App
//	counted.go   what the operator reads, writes and passes over while it keeps data
//	keepers.go   what service owners and Apps were seen to say of their data
//	played.go    kwok, which plays Azure beside a bare control plane
//	requests.go  counters of requests, from the metrics of operator and API server
//	procfs.go    CPU and memory of processes
//	audit.go     who asked for what, from an audit log
//	result.go    the figures; report.go and report_….go print them
//
// docs/benchmarks.md says how to read them.
package main
