// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// How pods show who they are (Microsoft Entra Workload ID; the names are those that Azure's SDKs read).
const (
	tokenAudience = "api://AzureADTokenExchange"
	tokenVolume   = "azure-tokens"
	tokenFolder   = "/var/run/secrets/azure/tokens"
	tokenFile     = "azure-identity-token"
	// tokenSeconds is for how long a token is good; the kubelet has a new one ready at four fifths of that.
	tokenSeconds int64 = 3600
	httpsPort          = v1alpha1.Port(443)
)

// OfApp implements storage.Provider. An App without containers has nothing in Azure, not even an identity; one that
// is out of service keeps its containers and loses the right to them.
func (p *provider) OfApp(app storage.App) (storage.Share, error) {
	if len(app.Containers) == 0 || p.unread != nil {
		return storage.Share{}, p.unread
	}
	app.Containers = slices.SortedFunc(slices.Values(app.Containers), func(a, b v1alpha1.Container) int { return cmp.Compare(a.Name, b.Name) })

	identity := p.appPart("app/identity", app, app.Name)
	p.identity(identity, app.Owner, identityName(app), identityConfig(app))
	credential := p.appPart("app/credential", app, app.Name)
	put(credential, app.Name, "spec", "owner", "name")
	put(credential, p.azure.OIDCIssuer, "spec", "issuer")
	put(credential, "system:serviceaccount:"+app.Owner.Namespace+":"+app.Name, "spec", "subject")

	children := []apply.Child{child(identity), child(credential)}
	for _, container := range app.Containers {
		children = append(children, child(p.container(app, container)))
		if app.Access == storage.Granted {
			role := p.appPart("app/role", app, containerObject(app, container.Name))
			p.role(role, app.Owner, containerObject(app, container.Name), identityConfig(app))
			children = append(children, child(role))
		}
	}
	found := p.connection(app)
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: app.Name + "-storage", Namespace: app.Owner.Namespace, Labels: appLabels(app)},
		Data:       map[string]string{},
	}
	for _, variable := range found {
		config.Data[variable.Name] = variable.Value
	}
	return storage.Share{
		Children: append(children, apply.Child{Object: config}),
		Env:      append(found, p.whoami(app)...),
		Volumes:  []corev1.Volume{tokens()},
		Mounts:   []corev1.VolumeMount{{Name: tokenVolume, MountPath: tokenFolder, ReadOnly: true}},
		Hosts:    p.hosts(app),
	}, nil
}

// identityConfig is the ConfigMap in which ASO says who an App's identity is. Pods wait for it.
func identityConfig(app storage.App) string { return app.Name + "-identity" }

// container is an App's. ASO 2.20.0 has no field for how long versions in a container cannot be changed or deleted:
// immutable makes Azure allow it, and each blob's own policy says until when. Judge tells so.
func (p *provider) container(app storage.App, declared v1alpha1.Container) *unstructured.Unstructured {
	container := p.appPart("app/container", app, containerObject(app, declared.Name))
	container.SetAnnotations(map[string]string{v1alpha1.AnnotationRetentionDays: strconv.Itoa(int(declared.RetentionDays))})
	put(container, containerName(app.Name, declared.Name), "spec", "azureName")
	put(container, app.Owner.Code, "spec", "owner", "name")
	if declared.Immutable {
		put(container, true, "spec", "immutableStorageWithVersioning", "enabled")
	}
	keep(container, app.Owner.DeletionPolicy)
	return container
}

// blobHost is where an owner's blobs are.
func (p *provider) blobHost(owner storage.Owner) string {
	return p.accountName(owner) + "." + p.azure.BlobDomain
}

// connection is what an App has to know of where its data is.
func (p *provider) connection(app storage.App) []corev1.EnvVar {
	found := []corev1.EnvVar{
		{Name: "STORAGE_ACCOUNT", Value: p.accountName(app.Owner)},
		{Name: "STORAGE_BLOB_ENDPOINT", Value: "https://" + p.blobHost(app.Owner) + "/"},
	}
	for _, container := range app.Containers {
		name := strings.ToUpper(strings.ReplaceAll(container.Name, "-", "_"))
		found = append(found, corev1.EnvVar{Name: "STORAGE_CONTAINER_" + name, Value: containerName(app.Name, container.Name)})
	}
	return found
}

// whoami is what Azure's SDKs have to know of who the App is.
func (p *provider) whoami(app storage.App) []corev1.EnvVar {
	return []corev1.EnvVar{
		{Name: "AZURE_CLIENT_ID", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: identityConfig(app)}, Key: keyClientID,
		}}},
		{Name: "AZURE_TENANT_ID", Value: p.azure.TenantID},
		{Name: "AZURE_AUTHORITY_HOST", Value: p.azure.Authority},
		{Name: "AZURE_FEDERATED_TOKEN_FILE", Value: tokenFolder + "/" + tokenFile},
	}
}

// tokens are those of the App's ServiceAccount that Entra ID takes, and nobody else.
func tokens() corev1.Volume {
	return corev1.Volume{Name: tokenVolume, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
			Audience: tokenAudience, ExpirationSeconds: ptr.To(tokenSeconds), Path: tokenFile,
		}}},
	}}}
}

// hosts are those of the data and of the tokens for it.
func (p *provider) hosts(app storage.App) []catalogue.Host {
	hosts := []catalogue.Host{{Host: p.blobHost(app.Owner), Addresses: p.azure.Addresses, Ports: []v1alpha1.Port{httpsPort}}}
	if authority, err := url.Parse(p.azure.Authority); err == nil && authority.Hostname() != "" {
		hosts = append(hosts, catalogue.Host{Host: authority.Hostname(), Ports: []v1alpha1.Port{httpsPort}})
	}
	return hosts
}
