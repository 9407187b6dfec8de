// SPDX-License-Identifier: BSD-3-Clause

// Package app turns an App into pods that serve, and that talk to nobody the App does not name.
//
//	facts.go           the service owner and its agreements, what the pods read and where they run,
//	                   who else serves the same address
//	storage.go         what the App keeps data in, where its owner's data lies, and whom news of it wake
//	isolation.go       the NetworkPolicies that can select its pods, and whom news of them wake
//	admission.go       the record of what was admitted last
//	rules.go           suspended, owner there, agreement covers, address free and the owner's,
//	                   references there
//	rules_settle.go    what a refusal means for what runs
//	rules_storage.go   whether what data is kept in stands, and who keeps none
//	rules_isolation.go whether more is open around its pods than is declared
//	render.go          the list of children, and those of a withdrawn App
//	render_admission.go  what the children are made from, and the record of it
//	render_pods.go     Deployment, by the runtime contract of Altinn 3 apps, under restricted
//	render_config.go   runtime ConfigMap
//	render_storage.go  what the App keeps data in, by the provider that is configured
//	render_network.go  NetworkPolicy from access.inbound and access.outbound
//	render_route.go    Service, Ingress or HTTPRoute
//	render_scale.go    autoscaler and disruption budget
//	render_registration.go  what Altinn's Resource Registry is to hold
//	registration.go    the controller that makes it hold that, by the same decision
//	kind.go            what is watched
//
// All children lie in the App's namespace and carry an ownerReference, so that Kubernetes collects them. What an App
// keeps data in others may own too, and it takes a finalizer to have that deleted.
package app
