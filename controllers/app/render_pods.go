// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// The runtime contract of Altinn 3 apps: user and group of the app template's image, the folders it
// reads, the name of its port.
const (
	runAsUser  = 1000
	runAsGroup = 3000
	portName   = "http"

	keysFolder    = "/mnt/keys"
	secretsFolder = "/mnt/app-secrets"
	tokenFolder   = "/accesstoken"
)

// podsWanted is what pods read, a digest of their configuration, their keys and their share of the storage, and
// whether there are to be any.
type podsWanted struct {
	digest string
	keys   []key
	share  storage.Share
	none   bool
}

// deployment runs the App's pods. How many is the autoscaler's to say once they are there; none is
// ours alone, for an App that is withdrawn, or comes back and has no keys yet.
func deployment(app *v1alpha1.App, facts Facts, wanted podsWanted) apply.Child {
	replicas, yields := app.Spec.Replicas.Min, []string{"replicas"}
	if wanted.none {
		replicas, yields = 0, nil
	}
	pods := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{
			Labels:      labels(app),
			Annotations: map[string]string{v1alpha1.AnnotationConfig: wanted.digest},
		},
		Spec: podSpec(app, gate.RegionsForPods(facts.Holding), wanted),
	}
	if len(wanted.keys) > 0 {
		pods.Annotations[v1alpha1.AnnotationCredentials] = secretNames(wanted.keys)
	}
	return apply.Child{
		Yields: yields,
		Object: &appsv1.Deployment{
			ObjectMeta: meta(app, app.Name),
			Spec: appsv1.DeploymentSpec{
				Replicas:                ptr.To(replicas),
				Selector:                &metav1.LabelSelector{MatchLabels: selector(app.Name, codeOf(app))},
				Template:                pods,
				RevisionHistoryLimit:    ptr.To[int32](5),
				ProgressDeadlineSeconds: ptr.To[int32](600),
				Strategy: appsv1.DeploymentStrategy{
					Type: appsv1.RollingUpdateDeploymentStrategyType,
					RollingUpdate: &appsv1.RollingUpdateDeployment{
						MaxUnavailable: ptr.To(intstr.FromInt32(0)),
						MaxSurge:       ptr.To(intstr.FromInt32(1)),
					},
				},
			},
		},
	}
}

// podSpec is a pod that passes Pod Security's restricted level.
func podSpec(app *v1alpha1.App, regions []v1alpha1.Region, wanted podsWanted) corev1.PodSpec {
	return corev1.PodSpec{
		ServiceAccountName:            app.Name,
		AutomountServiceAccountToken:  ptr.To(false),
		EnableServiceLinks:            ptr.To(false),
		TerminationGracePeriodSeconds: ptr.To[int64](30),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   ptr.To(true),
			RunAsUser:      ptr.To[int64](runAsUser),
			RunAsGroup:     ptr.To[int64](runAsGroup),
			FSGroup:        ptr.To[int64](runAsGroup),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Affinity: &corev1.Affinity{NodeAffinity: inRegions(regions)},
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{
			spreadOver(app, "topology.kubernetes.io/zone"),
			spreadOver(app, "kubernetes.io/hostname"),
		},
		Containers: []corev1.Container{container(app, wanted)},
		Volumes: append([]corev1.Volume{
			{Name: "tmp", VolumeSource: scratch()},
			{Name: "keys", VolumeSource: scratch()},
			{Name: "app-secrets", VolumeSource: appSecrets(app, wanted.keys)},
			{Name: "accesstoken", VolumeSource: optionalSecret(app.Name + "-accesstoken")},
		}, wanted.share.Volumes...),
	}
}

// inRegions keeps pods off nodes that say they lie in a region that is not allowed, whatever else is
// scaled into the cluster (DPIA: personal data stays in Norway or the EEA). A node that says nothing of
// where it lies is taken: not every cluster labels them.
func inRegions(regions []v1alpha1.Region) *corev1.NodeAffinity {
	names := make([]string, 0, len(regions))
	for _, region := range regions {
		names = append(names, string(region))
	}
	return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{
			{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelTopologyRegion, Operator: corev1.NodeSelectorOpIn, Values: names}}},
			{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelTopologyRegion, Operator: corev1.NodeSelectorOpDoesNotExist}}},
		},
	}}
}

// spreadOver keeps the loss of one place from taking all pods. It does not keep pods from starting:
// too few places are better than too few pods.
func spreadOver(app *v1alpha1.App, topology string) corev1.TopologySpreadConstraint {
	return corev1.TopologySpreadConstraint{
		MaxSkew:           1,
		TopologyKey:       topology,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: selector(app.Name, codeOf(app))},
		MatchLabelKeys:    []string{"pod-template-hash"},
	}
}

func scratch() corev1.VolumeSource {
	return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: ptr.To(resource.MustParse("256Mi"))}}
}

// optionalSecret is a Secret of the App's own, read when it is there. It is never shared between
// Apps.
func optionalSecret(name string) corev1.VolumeSource {
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName: name, Optional: ptr.To(true), DefaultMode: ptr.To[int32](0o440),
	}}
}

// appSecrets is the folder of secrets that Altinn's apps read: the App's own Secret and, with a client at
// Maskinporten, the file with its settings.
func appSecrets(app *v1alpha1.App, keys []key) corev1.VolumeSource {
	own := optionalSecret(app.Name + "-secrets")
	i := slices.IndexFunc(keys, func(k key) bool { return k.client == v1alpha1.ClientMaskinporten })
	if i < 0 {
		return own
	}
	return corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{DefaultMode: own.Secret.DefaultMode, Sources: []corev1.VolumeProjection{
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: own.Secret.SecretName}, Optional: own.Secret.Optional}},
		{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: keys[i].secret},
			Items:                []corev1.KeyToPath{{Key: credentials.SettingsFile, Path: credentials.SettingsFile}},
		}},
	}}}
}

func container(app *v1alpha1.App, wanted podsWanted) corev1.Container {
	return corev1.Container{
		Name:            app.Name,
		Image:           app.Spec.Image,
		ImagePullPolicy: pullPolicy(app.Spec.Image),
		Ports:           []corev1.ContainerPort{{Name: portName, ContainerPort: int32(app.Spec.Port), Protocol: corev1.ProtocolTCP}},
		Env:             environment(app, wanted),
		EnvFrom:         environmentSources(app),
		Resources:       corev1.ResourceRequirements{Requests: rounded(app.Spec.Resources.Requests), Limits: rounded(app.Spec.Resources.Limits)},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: ptr.To(false),
			ReadOnlyRootFilesystem:   ptr.To(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		StartupProbe:   probe(app, 2, 60),
		ReadinessProbe: probe(app, 5, 3),
		LivenessProbe:  probe(app, 10, 3),
		VolumeMounts: append([]corev1.VolumeMount{
			{Name: "tmp", MountPath: "/tmp"},
			{Name: "keys", MountPath: keysFolder},
			{Name: "app-secrets", MountPath: secretsFolder, ReadOnly: true},
			{Name: "accesstoken", MountPath: tokenFolder, ReadOnly: true},
		}, wanted.share.Mounts...),
	}
}

// rounded are amounts as the API server keeps them: in whole thousandths, rounded up.
func rounded(amounts corev1.ResourceList) corev1.ResourceList {
	result := amounts.DeepCopy()
	for name, amount := range result {
		amount.RoundUp(resource.Milli)
		result[name] = amount
	}
	return result
}

// pullPolicy looks for news behind a tag, which can move, and not behind a digest, which cannot.
func pullPolicy(image string) corev1.PullPolicy {
	if strings.Contains(image, "@sha256:") {
		return corev1.PullIfNotPresent
	}
	return corev1.PullAlways
}

// probe asks the health path every period seconds, until it has failed often enough.
func probe(app *v1alpha1.App, period, failures int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Path: string(app.Spec.Health.Path), Port: intstr.FromString(portName), Scheme: corev1.URISchemeHTTP,
		}},
		PeriodSeconds: period, TimeoutSeconds: 10, FailureThreshold: failures, SuccessThreshold: 1,
	}
}

// environment is the contract's variables, those of keys and storage, and the App's own, which win.
func environment(app *v1alpha1.App, wanted podsWanted) []corev1.EnvVar {
	vars := []corev1.EnvVar{
		{Name: "ALTINN_KEYS_DIRECTORY", Value: keysFolder},
		{Name: "POD_UID", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.uid"}}},
		{Name: "OTEL_RESOURCE_ATTRIBUTES", Value: "k8s.pod.uid=$(POD_UID)"},
	}
	vars = append(vars, keyVariables(wanted.keys)...)
	vars = append(vars, wanted.share.Env...)
	own := map[string]bool{}
	for _, env := range app.Spec.Env {
		own[string(env.Name)] = true
	}
	var result []corev1.EnvVar
	for _, env := range vars {
		if !own[env.Name] {
			result = append(result, env)
		}
	}
	for _, env := range app.Spec.Env {
		result = append(result, variable(env))
	}
	return result
}

func variable(env v1alpha1.EnvVar) corev1.EnvVar {
	result := corev1.EnvVar{Name: string(env.Name)}
	switch {
	case env.Value != nil:
		result.Value = string(*env.Value)
	case env.ConfigMapKeyRef != nil:
		result.ValueFrom = &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: string(env.ConfigMapKeyRef.Name)}, Key: env.ConfigMapKeyRef.Key,
		}}
	case env.SecretKeyRef != nil:
		result.ValueFrom = &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: string(env.SecretKeyRef.Name)}, Key: env.SecretKeyRef.Key,
		}}
	}
	return result
}

// environmentSources are the runtime ConfigMap and the App's own sources, the later of which win.
func environmentSources(app *v1alpha1.App) []corev1.EnvFromSource {
	sources := []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: configName(app)},
	}}}
	for _, source := range app.Spec.EnvFrom {
		var from corev1.EnvFromSource
		if source.ConfigMapRef != nil {
			from.ConfigMapRef = &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: string(source.ConfigMapRef.Name)}}
		}
		if source.SecretRef != nil {
			from.SecretRef = &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: string(source.SecretRef.Name)}}
		}
		sources = append(sources, from)
	}
	return sources
}
