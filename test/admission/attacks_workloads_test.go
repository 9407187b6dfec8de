// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"fmt"
	"regexp"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// tenantName is what the namespace of a service owner is called.
var tenantName = regexp.MustCompile(`^so-[a-z][a-z0-9]{1,11}$`)

// container passes the strictest Pod Security level.
func container() obj {
	return obj{"name": "app", "image": "r.no/income:1", "securityContext": obj{
		"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": obj{"drop": list{"ALL"}}, "seccompProfile": obj{"type": "RuntimeDefault"},
	}}
}

func pod(name string, changes ...change) *unstructured.Unstructured {
	return object("v1", "Pod", name, append([]change{set("spec.containers", list{container()})}, changes...)...)
}

// runner is an object that makes pods.
func runner(apiVersion, kind string) *unstructured.Unstructured {
	labels := obj{"run": "x"}
	template := obj{"metadata": obj{"labels": labels}, "spec": obj{"containers": list{container()}}}
	spec := obj{"template": template, "selector": obj{"matchLabels": labels}}
	switch kind {
	case "ReplicationController":
		spec["selector"] = labels
	case "Job":
		template["spec"].(obj)["restartPolicy"] = "Never"
		delete(spec, "selector")
	case "CronJob":
		template["spec"].(obj)["restartPolicy"] = "Never"
		spec = obj{"schedule": "0 0 * * *", "jobTemplate": obj{"spec": obj{"template": template}}}
	case "StatefulSet":
		spec["serviceName"] = "x"
	}
	return object(apiVersion, kind, "x", set("spec", spec))
}

// What runs for a service owner is covered by an agreement only when it runs as an App.
func TestAttackByWorkloadsBesideApps(t *testing.T) {
	standing(t, "pods", pod("running"))
	by := func(kind, name string) string { return kind + " " + name + " cannot be written in so-skd by " }
	may := []actor{operator, replicaSets, manager, rescuer, administrator}
	attacks := map[string]attack{
		"a pod is made":                      {try: creates("pods", pod("x")), says: by("Pod", "x"), may: may},
		"a pod is made as a node's own":      {try: creates("pods", pod("x", set("spec.nodeName", "node-0"), set("metadata.annotations", obj{"kubernetes.io/config.mirror": "x"}))), says: by("Pod", "x")},
		"a pod that runs gets another image": {try: changes("pods", pod("running"), set("spec.containers[0].image", "r.no/other:1")), says: by("Pod", "running"), may: may},
		"a pod that runs gets more of the machine": {
			try:  changes("pods", pod("running"), set("spec.containers[0].resources", obj{}), "resize"),
			says: by("Pod", "running"), may: may,
		},
	}
	for plural, kind := range map[string][2]string{
		"replicationcontrollers": {"v1", "ReplicationController"}, "deployments": {"apps/v1", "Deployment"}, "replicasets": {"apps/v1", "ReplicaSet"},
		"statefulsets": {"apps/v1", "StatefulSet"}, "daemonsets": {"apps/v1", "DaemonSet"}, "jobs": {"batch/v1", "Job"}, "cronjobs": {"batch/v1", "CronJob"},
	} {
		attacks[fmt.Sprintf("a %s is made", kind[1])] = attack{try: creates(plural, runner(kind[0], kind[1])), says: by(kind[1], "x"), may: may}
	}
	repel(t, attacks)
	t.Run("a node cannot make one either", func(t *testing.T) {
		expect(t, creates("pods", pod("x"))(t.Context(), kubelet), by("Pod", "x")+"system:node:node-0")
	})
	t.Run("an admin may throw a pod away that hangs", func(t *testing.T) {
		expect(t, deletes("pods", pod("running"))(t.Context(), roles["an admin of the service owner"]), "")
	})
}

// As an App's ServiceAccount one has the App's data; a label is what lets a pod through network policies.
func TestAttackByAPodThatIsNotWhatItSays(t *testing.T) {
	labelled := func(name string) change {
		return set("metadata.labels", obj{"app.kubernetes.io/name": name, "tenancy.altinn.cloud/service-owner": "skd"})
	}
	from := func(replicaSet string) change {
		return set("metadata.ownerReferences", list{obj{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": replicaSet, "uid": "1", "controller": true}})
	}
	account := func(name string) change { return set("spec.serviceAccountName", name) }
	standing(t, "pods", pod("plain"))
	standing(t, "pods", pod("of-income", labelled("income"), from("income-7d9c5b"), account("income")))
	const cannotRun, cannotCarry = " cannot run as ServiceAccount ", "a pod cannot carry label "
	for sentence, tc := range map[string]struct {
		try  attempt
		says string
	}{
		"a pod of an App, as the Deployment of it makes it":  {try: creates("pods", pod("x", labelled("income"), from("income-7d9c5b"), account("income")))},
		"a pod of an App with a hyphen in its name":          {try: creates("pods", pod("x", labelled("tax-return"), from("tax-return-7d9c5b"), account("tax-return")))},
		"a pod of no App, with no rights":                    {try: creates("pods", pod("x"))},
		"a pod of no App, as default":                        {try: creates("pods", pod("x", account("default")))},
		"a pod that loses its ReplicaSet":                    {try: changes("pods", pod("of-income"), remove("metadata.ownerReferences"))},
		"a pod of no App as an App's ServiceAccount":         {try: creates("pods", pod("x", account("income"))), says: "a pod of no App" + cannotRun + "income of so-skd"},
		"a pod of an App as another's ServiceAccount":        {try: creates("pods", pod("x", labelled("income"), from("income-7d9c5b"), account("debt"))), says: "a pod of App income" + cannotRun + "debt"},
		"a pod as the account that deploys":                  {try: creates("pods", pod("x", account("deployer"))), says: cannotRun + "deployer"},
		"a pod with an App's label that nothing of it makes": {try: creates("pods", pod("x", labelled("income"))), says: cannotCarry + "app.kubernetes.io/name=income"},
		"a pod with an App's label from another's":           {try: creates("pods", pod("x", labelled("income"), from("debt-7d9c5b"))), says: cannotCarry + "app.kubernetes.io/name=income"},
		"a pod of App tax-return as one of App tax":          {try: creates("pods", pod("x", labelled("tax"), from("tax-return-7d9c5b"))), says: cannotCarry + "app.kubernetes.io/name=tax"},
		"a pod whose ReplicaSet does not answer for it": {
			try:  creates("pods", pod("x", labelled("income"), set("metadata.ownerReferences", list{obj{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "income-7d9c5b", "uid": "1"}}))),
			says: cannotCarry + "app.kubernetes.io/name=income",
		},
		"a pod whose ReplicaSet is of a stranger's group": {
			try: creates("pods", pod("x", labelled("income"), set("metadata.ownerReferences",
				list{obj{"apiVersion": "example.no/v1", "kind": "ReplicaSet", "name": "income-7d9c5b", "uid": "1", "controller": true}}))),
			says: cannotCarry + "app.kubernetes.io/name=income",
		},
		"a pod that takes an App's label on later": {try: changes("pods", pod("plain"), labelled("income")), says: cannotCarry + "app.kubernetes.io/name=income"},
		"a pod that says it is another service owner's": {
			try:  creates("pods", pod("x", set("metadata.labels", obj{"tenancy.altinn.cloud/service-owner": "nav"}))),
			says: cannotCarry + "tenancy.altinn.cloud/service-owner=nav in so-skd: allowed is skd",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, who := range []actor{replicaSets, jobs, manager} {
				expect(t, tc.try(t.Context(), who), tc.says)
			}
			expect(t, tc.try(t.Context(), rescuer), "")
		})
	}
}

// Inside a pod are its keys; past the API server no network policy is asked.
func TestAttackFromInsideAPod(t *testing.T) {
	standing(t, "pods", pod("running"))
	standing(t, "serviceaccounts", object("v1", "ServiceAccount", "income"))
	enter := func(path, what string) attack {
		return attack{try: enters(path), says: what + " in so-skd is not for ", may: []actor{rescuer}}
	}
	repel(t, map[string]attack{
		"a command is run in it":      enter("pods/running/exec?command=ls&stdout=true", "pods/exec of running"),
		"its console is attached to":  enter("pods/running/attach?stdout=true", "pods/attach of running"),
		"its port is forwarded":       enter("pods/running/portforward?ports=80", "pods/portforward of running"),
		"it is called past policies":  enter("pods/running/proxy/", "pods/proxy of running"),
		"a Service is called past it": enter("services/income/proxy/", "services/proxy of income"),
		"a container is put beside it": {
			try:  changes("pods", pod("running"), set("spec.ephemeralContainers", list{obj{"name": "shell", "image": "r.no/shell:1"}}), "ephemeralcontainers"),
			says: "pods/ephemeralcontainers of running in so-skd is not for ", may: []actor{rescuer},
		},
		"a token of its ServiceAccount is asked for": {
			try: asksForToken("income"), says: "a token of ServiceAccount income in so-skd is not for ", may: []actor{kubelet, manager, rescuer},
		},
	})
	t.Run("a controller of the cluster does not enter either", func(t *testing.T) {
		expect(t, enters("pods/running/exec?command=ls&stdout=true")(t.Context(), engine), "nobody enters what runs for a service owner")
	})
}

// Pod Security refuses what reaches for the node, also when a controller of the cluster makes the pod.
func TestAttackOnTheNode(t *testing.T) {
	objects, err := readObjects(moduleRoot + "/config/tenant/base/namespace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	home := objects[0]
	home.SetName("so-guarded")
	standing(t, "namespaces", home)
	inHome := func(changes ...change) *unstructured.Unstructured {
		return pod("x", append(changes, set("metadata.namespace", "so-guarded"))...)
	}
	for sentence, tc := range map[string]struct {
		change change
		says   string
	}{
		"a pod that asks for nothing":         {change: set("spec.restartPolicy", "Always")},
		"the node's network":                  {set("spec.hostNetwork", true), "host namespaces (hostNetwork=true)"},
		"the node's processes":                {set("spec.hostPID", true), "host namespaces (hostPID=true)"},
		"the node's memory between processes": {set("spec.hostIPC", true), "host namespaces (hostIPC=true)"},
		"a port of the node":                  {set("spec.containers[0].ports", list{obj{"containerPort": 80, "hostPort": 80}}), "hostPort"},
		"a folder of the node":                {set("spec.volumes", list{obj{"name": "root", "hostPath": obj{"path": "/"}}}), `uses restricted volume type "hostPath"`},
		"all rights of the node":              {set("spec.containers[0].securityContext", obj{"privileged": true}), "privileged"},
		"more rights than it began with":      {set("spec.containers[0].securityContext.allowPrivilegeEscalation", true), "allowPrivilegeEscalation != false"},
		"a right of the kernel's":             {set("spec.containers[0].securityContext.capabilities.add", list{"NET_ADMIN"}), "unrestricted capabilities"},
		"to be root":                          {set("spec.containers[0].securityContext.runAsNonRoot", false), "runAsNonRoot != true"},
		"all rights, before it starts":        {set("spec.initContainers", list{obj{"name": "first", "image": "r.no/x:1", "securityContext": obj{"privileged": true}}}), "privileged"},
		"to be bound by no filter of calls":   {set("spec.containers[0].securityContext.seccompProfile.type", "Unconfined"), "seccompProfile"},
	} {
		t.Run(sentence, func(t *testing.T) {
			made := inHome(tc.change)
			for _, who := range []actor{replicaSets, rescuer, administrator} {
				err := creates("pods", made)(t.Context(), who)
				if tc.says != "" {
					expect(t, err, `violates PodSecurity "restricted:v1.36"`)
				}
				expect(t, err, tc.says)
			}
		})
	}
	t.Run("a container put beside a pod later", func(t *testing.T) {
		guarded := standing(t, "pods", inHome())
		shell := obj{"name": "shell", "image": "r.no/shell:1", "securityContext": obj{"privileged": true}}
		expect(t, changes("pods", guarded, set("spec.ephemeralContainers", list{shell}), "ephemeralcontainers")(t.Context(), rescuer), "violates PodSecurity")
	})
}
