// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// plainFields returns the plain fields of an object in YAML, with whole numbers as int64, as the
// converter of typed objects gives them.
func plainFields(t *testing.T, document string) map[string]any {
	t.Helper()
	raw, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

type settledCase struct {
	desired, live string
	yields        []string
	want          bool
}

func TestSettledInOpenKinds(t *testing.T) {
	const deployment = `{kind: Deployment, spec: {replicas: 2, template: {spec: {containers: [{name: app, image: a:1}]}}}}`
	trySettled(t, map[string]settledCase{
		"an object equals itself": {desired: deployment, live: deployment, want: true},
		"defaults of the server beside and inside what we render are no drift": {
			desired: deployment,
			live: `{kind: Deployment, spec: {replicas: 2, revisionHistoryLimit: 10, template: {spec: {restartPolicy: Always,
				containers: [{name: app, image: a:1, imagePullPolicy: IfNotPresent}]}}}}`,
			want: true,
		},
		"a status is no drift": {
			desired: deployment,
			live:    `{kind: Deployment, spec: {replicas: 2, template: {spec: {containers: [{name: app, image: a:1}]}}}, status: {replicas: 1}}`,
			want:    true,
		},
		"a changed leaf is drift": {
			desired: deployment,
			live:    `{kind: Deployment, spec: {replicas: 2, template: {spec: {containers: [{name: app, image: a:2}]}}}}`,
		},
		"a removed leaf is drift": {
			desired: deployment,
			live:    `{kind: Deployment, spec: {replicas: 2, template: {spec: {containers: [{name: app}]}}}}`,
		},
		"a container somebody added is drift": {
			desired: deployment,
			live:    `{kind: Deployment, spec: {replicas: 2, template: {spec: {containers: [{name: app, image: a:1}, {name: spy, image: s:1}]}}}}`,
		},
		"a container somebody removed is drift": {
			desired: deployment,
			live:    `{kind: Deployment, spec: {replicas: 2, template: {spec: {containers: []}}}}`,
		},
		"a list in another order is drift": {
			desired: `{kind: Service, spec: {ports: [{port: 1}, {port: 2}]}}`,
			live:    `{kind: Service, spec: {ports: [{port: 2}, {port: 1}]}}`,
		},
		"a map that became something else is drift": {
			desired: deployment, live: `{kind: Deployment, spec: {replicas: 2, template: gone}}`,
		},
		"a spec that is not there is drift": {desired: deployment, live: `{kind: Deployment}`},
		"an empty map that the server left out is no drift": {
			desired: `{kind: Ingress, spec: {rules: [{host: a, http: {}}]}}`, live: `{kind: Ingress, spec: {rules: [{host: a}]}}`, want: true,
		},
		"an empty list that the server left out is no drift": {
			desired: `{kind: Service, spec: {externalIPs: []}}`, live: `{kind: Service, spec: {}}`, want: true,
		},
		"a zero that the server left out is no drift": {
			desired: `{kind: Service, spec: {a: 0, b: "", c: false}}`, live: `{kind: Service, spec: {}}`, want: true,
		},
		"a zero that became something is drift": {
			desired: `{kind: ServiceAccount, automountServiceAccountToken: false}`, live: `{kind: ServiceAccount, automountServiceAccountToken: true}`,
		},
		"a field we say nothing of is the server's": {
			desired: `{kind: Service, spec: {clusterIP: null, port: 1}}`, live: `{kind: Service, spec: {clusterIP: 10.0.0.1, port: 1}}`, want: true,
		},
		"a number of another size is drift":              {desired: `{kind: Service, spec: {port: 1}}`, live: `{kind: Service, spec: {port: 2}}`},
		"fields beside the spec are looked at":           {desired: `{kind: ServiceAccount, automountServiceAccountToken: false, a: 1}`, live: `{kind: ServiceAccount, automountServiceAccountToken: false}`},
		"fields beside the spec that are not ours stay":  {desired: `{kind: ServiceAccount, a: 1}`, live: `{kind: ServiceAccount, a: 1, secrets: [{name: s}]}`, want: true},
		"what the API server says of itself is no drift": {desired: `{kind: Service, apiVersion: v1}`, live: `{kind: Service, apiVersion: v2}`, want: true},
	})
}

func TestSettledInClosedKinds(t *testing.T) {
	const (
		policy  = `{kind: NetworkPolicy, spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]}}`
		binding = `{kind: RoleBinding, roleRef: {name: viewer}, subjects: [{kind: Group, name: a}]}`
		config  = `{kind: ConfigMap, data: {a: "1"}}`
	)
	trySettled(t, map[string]settledCase{
		"a NetworkPolicy equals itself": {desired: policy, live: policy, want: true},
		"a peer let in by somebody is drift": {
			desired: policy,
			live:    `{kind: NetworkPolicy, spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {a: b}}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]}}`,
		},
		"a peer made wider by a key is drift": {
			desired: policy,
			live:    `{kind: NetworkPolicy, spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {a: b}}, namespaceSelector: {}}]}]}}`,
		},
		"a direction opened by somebody is drift": {
			desired: policy,
			live:    `{kind: NetworkPolicy, spec: {podSelector: {}, egress: [{}], ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]}}`,
		},
		"a selector made narrower is drift": {
			desired: `{kind: NetworkPolicy, spec: {podSelector: {}}}`,
			live:    `{kind: NetworkPolicy, spec: {podSelector: {matchLabels: {only: this}}}}`,
		},
		"a RoleBinding equals itself":          {desired: binding, live: binding, want: true},
		"a subject added by somebody is drift": {desired: binding, live: `{kind: RoleBinding, roleRef: {name: viewer}, subjects: [{kind: Group, name: a}, {kind: User, name: eve}]}`},
		"a subject removed is drift":           {desired: binding, live: `{kind: RoleBinding, roleRef: {name: viewer}}`},
		"a subject where we write none is drift": {
			desired: `{kind: RoleBinding, roleRef: {name: viewer}}`, live: `{kind: RoleBinding, roleRef: {name: viewer}, subjects: [{kind: User, name: eve}]}`,
		},
		"a ConfigMap equals itself":            {desired: config, live: config, want: true},
		"a key added by somebody is drift":     {desired: config, live: `{kind: ConfigMap, data: {a: "1", b: "2"}}`},
		"a key removed is drift":               {desired: config, live: `{kind: ConfigMap, data: {}}`},
		"a key where we write none is drift":   {desired: `{kind: ConfigMap}`, live: `{kind: ConfigMap, data: {b: "2"}}`},
		"a binary key where we write none too": {desired: config, live: `{kind: ConfigMap, data: {a: "1"}, binaryData: {b: Mg==}}`},
		"a quota made wider by somebody is drift": {
			desired: `{kind: ResourceQuota, spec: {hard: {pods: "50"}}}`, live: `{kind: ResourceQuota, spec: {hard: {pods: "51"}}}`,
		},
		"a scope added to a quota is drift": {
			desired: `{kind: ResourceQuota, spec: {hard: {pods: "50"}}}`, live: `{kind: ResourceQuota, spec: {hard: {pods: "50"}, scopes: [BestEffort]}}`,
		},
		"the use a quota tells of is no drift": {
			desired: `{kind: ResourceQuota, spec: {hard: {pods: "50"}}}`,
			live:    `{kind: ResourceQuota, spec: {hard: {pods: "50"}}, status: {used: {pods: "7"}}}`, want: true,
		},
		"a limit added to a LimitRange is drift": {
			desired: `{kind: LimitRange, spec: {limits: [{type: Container}]}}`, live: `{kind: LimitRange, spec: {limits: [{type: Container, max: {cpu: "1"}}]}}`,
		},
	})
}

func TestSettledMetadata(t *testing.T) {
	const owned = `{kind: ConfigMap, metadata: {ownerReferences: [{uid: u1, name: skd, controller: true}]}}`
	trySettled(t, map[string]settledCase{
		"labels and annotations of others are no drift, in closed kinds too": {
			desired: `{kind: ConfigMap, metadata: {labels: {a: b}, annotations: {c: d}}}`,
			live:    `{kind: ConfigMap, metadata: {labels: {a: b, theirs: x}, annotations: {c: d, theirs: y}, uid: u, resourceVersion: "7"}}`, want: true,
		},
		"a changed label is drift":         {desired: `{kind: Service, metadata: {labels: {a: b}}}`, live: `{kind: Service, metadata: {labels: {a: c}}}`},
		"a removed label is drift":         {desired: `{kind: Service, metadata: {labels: {a: b}}}`, live: `{kind: Service, metadata: {}}`},
		"a removed annotation is drift":    {desired: `{kind: Service, metadata: {annotations: {a: b}}}`, live: `{kind: Service}`},
		"our owner beside others suffices": {desired: owned, live: `{kind: ConfigMap, metadata: {ownerReferences: [{uid: u0, name: x}, {uid: u1, name: skd, controller: true}]}}`, want: true},
		"an owner taken away is drift":     {desired: owned, live: `{kind: ConfigMap, metadata: {}}`},
		"an owner of another life is drift": {
			desired: owned, live: `{kind: ConfigMap, metadata: {ownerReferences: [{uid: u2, name: skd, controller: true}]}}`,
		},
		"an owner that no longer controls is drift": {
			desired: owned, live: `{kind: ConfigMap, metadata: {ownerReferences: [{uid: u1, name: skd, controller: false}]}}`,
		},
		"a finalizer of somebody else's is no drift": {desired: `{kind: Service}`, live: `{kind: Service, metadata: {finalizers: [x/y]}}`, want: true},
	})
}

func TestSettledYields(t *testing.T) {
	const desired = `{kind: Deployment, spec: {replicas: 2, paused: false}}`
	yields := []string{"replicas"}
	trySettled(t, map[string]settledCase{
		"replicas that an autoscaler moved are no drift":         {desired: desired, yields: yields, live: `{kind: Deployment, spec: {replicas: 5}}`, want: true},
		"replicas moved below ours are no drift":                 {desired: desired, yields: yields, live: `{kind: Deployment, spec: {replicas: 1}}`, want: true},
		"replicas at zero are drift, or nobody would start them": {desired: desired, yields: yields, live: `{kind: Deployment, spec: {replicas: 0}}`},
		"replicas that are missing are drift":                    {desired: desired, yields: yields, live: `{kind: Deployment, spec: {}}`},
		"replicas that are not yielded are drift":                {desired: desired, live: `{kind: Deployment, spec: {replicas: 5}}`},
		"zero replicas that are not yielded hold":                {desired: `{kind: Deployment, spec: {replicas: 0}}`, live: `{kind: Deployment, spec: {replicas: 0}}`, want: true},
		"other fields are not yielded with them":                 {desired: desired, yields: yields, live: `{kind: Deployment, spec: {replicas: 5, paused: true}}`},
		"only the spec yields": {
			desired: `{kind: Odd, replicas: 2}`, yields: yields, live: `{kind: Odd, replicas: 5}`,
		},
	})
}

// trySettled asks settled of each case, and of what merged makes of it.
func trySettled(t *testing.T, cases map[string]settledCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			desired, live := plainFields(t, tc.desired), plainFields(t, tc.live)
			if got := settled(desired, live, tc.yields); got != tc.want {
				t.Errorf("settled: want %v, got %v", tc.want, got)
			}
			once := merged(desired, live, tc.yields)
			if !settled(desired, once, tc.yields) {
				t.Errorf("not settled after merging into\n%v", once)
			}
			if diff := cmp.Diff(once, merged(desired, once, tc.yields)); diff != "" {
				t.Errorf("merging again changes something (-once +twice):\n%s", diff)
			}
		})
	}
}

func TestMerged(t *testing.T) {
	for name, tc := range map[string]struct {
		desired, live string
		yields        []string
		want          string
	}{
		"what we render replaces what was there, whole": {
			desired: `{kind: Service, spec: {ports: [{port: 80}], selector: {a: b}}}`,
			live:    `{kind: Service, spec: {ports: [{port: 80, protocol: TCP}, {port: 99}], selector: {a: c, d: e}, externalIPs: [1.2.3.4]}}`,
			want:    `{kind: Service, spec: {ports: [{port: 80}], selector: {a: b}}, metadata: {labels: {}, annotations: {}}}`,
		},
		"what the server allocated stays": {
			desired: `{kind: Service, spec: {ports: [{port: 80}]}}`,
			live:    `{kind: Service, spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ipFamilies: [IPv4], ipFamilyPolicy: SingleStack, type: NodePort}}`,
			want: `{kind: Service, metadata: {labels: {}, annotations: {}},
				spec: {ports: [{port: 80}], clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}}`,
		},
		"what is ours to allocate is ours": {
			desired: `{kind: Service, spec: {clusterIP: None}}`,
			live:    `{kind: Service, spec: {clusterIP: 10.0.0.1}}`,
			want:    `{kind: Service, spec: {clusterIP: None}, metadata: {labels: {}, annotations: {}}}`,
		},
		"a namespace keeps its own finalizers": {
			desired: `{kind: Namespace, metadata: {labels: {a: b}}, spec: {}}`,
			live:    `{kind: Namespace, metadata: {}, spec: {finalizers: [kubernetes]}, status: {phase: Active}}`,
			want:    `{kind: Namespace, metadata: {labels: {a: b}, annotations: {}}, spec: {finalizers: [kubernetes]}, status: {phase: Active}}`,
		},
		"replicas are the autoscaler's": {
			desired: `{kind: Deployment, spec: {replicas: 2, a: 1}}`, yields: []string{"replicas"},
			live: `{kind: Deployment, spec: {replicas: 5, a: 2}}`,
			want: `{kind: Deployment, spec: {replicas: 5, a: 1}, metadata: {labels: {}, annotations: {}}}`,
		},
		"replicas at zero are ours again": {
			desired: `{kind: Deployment, spec: {replicas: 2}}`, yields: []string{"replicas"},
			live: `{kind: Deployment, spec: {replicas: 0}}`,
			want: `{kind: Deployment, spec: {replicas: 2}, metadata: {labels: {}, annotations: {}}}`,
		},
		"replicas we do not render stay as the autoscaler set them": {
			desired: `{kind: Deployment, spec: {a: 1}}`, yields: []string{"replicas"},
			live: `{kind: Deployment, spec: {replicas: 5}}`,
			want: `{kind: Deployment, spec: {replicas: 5, a: 1}, metadata: {labels: {}, annotations: {}}}`,
		},
		"metadata of others stays, ours wins": {
			desired: `{kind: Service, metadata: {name: a, labels: {x: ours}, annotations: {y: ours}}}`,
			live:    `{kind: Service, metadata: {name: a, uid: u, resourceVersion: "7", finalizers: [f], labels: {x: theirs, t: l}, annotations: {y: theirs, t: a}}}`,
			want: `{kind: Service, metadata: {name: a, uid: u, resourceVersion: "7", finalizers: [f],
				labels: {x: ours, t: l}, annotations: {y: ours, t: a}}}`,
		},
		"our owner is added to the owners of others": {
			desired: `{kind: Service, metadata: {ownerReferences: [{uid: u1, controller: true}]}}`,
			live:    `{kind: Service, metadata: {ownerReferences: [{uid: u0}]}}`,
			want:    `{kind: Service, metadata: {labels: {}, annotations: {}, ownerReferences: [{uid: u0}, {uid: u1, controller: true}]}}`,
		},
		"our owner, changed by somebody, is put right and does not stand twice": {
			desired: `{kind: Service, metadata: {ownerReferences: [{uid: u1, controller: true, blockOwnerDeletion: true}]}}`,
			live:    `{kind: Service, metadata: {ownerReferences: [{uid: u1, controller: true, blockOwnerDeletion: false}, {uid: u0}]}}`,
			want: `{kind: Service, metadata: {labels: {}, annotations: {},
				ownerReferences: [{uid: u0}, {uid: u1, controller: true, blockOwnerDeletion: true}]}}`,
		},
		"a ConfigMap loses what we did not write": {
			desired: `{kind: ConfigMap, data: {a: "1"}}`,
			live:    `{kind: ConfigMap, data: {a: "2", b: "3"}, binaryData: {c: Mg==}, metadata: {uid: u}}`,
			want:    `{kind: ConfigMap, data: {a: "1"}, metadata: {uid: u, labels: {}, annotations: {}}}`,
		},
		"a RoleBinding without subjects loses those somebody added": {
			desired: `{kind: RoleBinding, roleRef: {name: viewer}}`,
			live:    `{kind: RoleBinding, roleRef: {name: viewer}, subjects: [{name: eve}]}`,
			want:    `{kind: RoleBinding, roleRef: {name: viewer}, metadata: {labels: {}, annotations: {}}}`,
		},
		"a quota keeps its status": {
			desired: `{kind: ResourceQuota, spec: {hard: {pods: "1"}}}`,
			live:    `{kind: ResourceQuota, spec: {hard: {pods: "2"}, scopes: [BestEffort]}, status: {used: {pods: "1"}}}`,
			want:    `{kind: ResourceQuota, spec: {hard: {pods: "1"}}, status: {used: {pods: "1"}}, metadata: {labels: {}, annotations: {}}}`,
		},
		"a ServiceAccount keeps what others gave it": {
			desired: `{kind: ServiceAccount, automountServiceAccountToken: false}`,
			live:    `{kind: ServiceAccount, automountServiceAccountToken: true, secrets: [{name: s}]}`,
			want:    `{kind: ServiceAccount, automountServiceAccountToken: false, secrets: [{name: s}], metadata: {labels: {}, annotations: {}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := merged(plainFields(t, tc.desired), plainFields(t, tc.live), tc.yields)
			if diff := cmp.Diff(plainFields(t, tc.want), got); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}
