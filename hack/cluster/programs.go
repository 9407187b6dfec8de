package cluster

import (
	"fmt"
	"path/filepath"
)

const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kwok              = "kwok"
)

// programs lists a cluster's programs in the order they start.
func (r *record) programs() []string {
	if r.Controllers {
		return []string{etcd, apiServer, controllerManager, scheduler, kwok}
	}
	return []string{etcd, apiServer}
}

// arguments returns a program's command line. Every one names a file in the cluster's folder: that is how
// a process is known to be ours.
func (r *record) arguments(program string) []string {
	switch program {
	case etcd:
		return r.etcdArguments()
	case apiServer:
		return r.apiServerArguments()
	case controllerManager:
		return r.controllerManagerArguments()
	case scheduler:
		return r.schedulerArguments()
	default:
		return r.kwokArguments()
	}
}

func (r *record) file(elements ...string) string {
	return filepath.Join(append([]string{r.Dir}, elements...)...)
}

func (r *record) kubeconfigOf(program string) string { return r.file(program + ".kubeconfig") }

func (r *record) etcdURL() string { return fmt.Sprintf("http://127.0.0.1:%d", r.Ports.Etcd) }

func (r *record) serverURL() string { return fmt.Sprintf("https://127.0.0.1:%d", r.Ports.APIServer) }

// etcdArguments leave out fsync, the price of which is paid per write: what is stored here dies with the
// cluster. The only member has no peers, so any port will do for them.
func (r *record) etcdArguments() []string {
	return []string{
		"--data-dir=" + r.file("etcd"),
		"--listen-client-urls=" + r.etcdURL(),
		"--advertise-client-urls=" + r.etcdURL(),
		"--listen-peer-urls=http://127.0.0.1:0",
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

// apiServerArguments keep what a production server has on by default: fairness, and the admission of Pod
// Security, quotas and policies. Privileged pods are let through to admission, whose refusal is the one
// users meet. No endpoints are published for the service "kubernetes": a loopback address cannot be.
func (r *record) apiServerArguments() []string {
	arguments := []string{
		"--etcd-servers=" + r.etcdURL(),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", r.Ports.APIServer),
		"--permit-address-sharing",                     // a restart on the same port must not wait for old connections
		"--shutdown-watch-termination-grace-period=2s", // ends watches itself; else it waits a minute for them
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--tls-cert-file=" + r.file("pki", "apiserver.crt"),
		"--tls-private-key-file=" + r.file("pki", "apiserver.key"),
		"--client-ca-file=" + r.file("pki", "ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-signing-key-file=" + r.file("pki", "sa.key"),
		"--service-account-key-file=" + r.file("pki", "sa.key"),
		"--authorization-mode=Node,RBAC",
		"--allow-privileged",
		"--max-requests-inflight=800",
		"--max-mutating-requests-inflight=400",
	}
	if r.AuditPolicy != "" {
		arguments = append(arguments,
			"--audit-policy-file="+r.AuditPolicy,
			"--audit-log-path="+r.file("audit.log"),
			"--audit-log-maxsize=0", // one file, so that a count over it is a count of everything
		)
	}
	return arguments
}

// controllerManagerArguments raise the client limits, which would otherwise be what a test measures.
// Simulated nodes send no heartbeats, so an idle cluster is silent and a suspended laptop loses no node;
// hence the long grace. The period of the autoscaler is also the delay before it first looks at a new
// object and raises a Deployment to its minimum, which needs no metrics; hence 5 s and not the usual 15 s.
func (r *record) controllerManagerArguments() []string {
	return []string{
		"--kubeconfig=" + r.kubeconfigOf(controllerManager),
		"--bind-address=127.0.0.1",
		"--secure-port=0",
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file=" + r.file("pki", "sa.key"),
		"--root-ca-file=" + r.file("pki", "ca.crt"),
		"--node-monitor-grace-period=87600h",
		"--horizontal-pod-autoscaler-sync-period=5s",
		"--kube-api-qps=300",
		"--kube-api-burst=600",
		"--concurrent-deployment-syncs=10",
		"--concurrent-replicaset-syncs=10",
		"--concurrent-service-endpoint-syncs=10",
		"--concurrent-resource-quota-syncs=10",
	}
}

func (r *record) schedulerArguments() []string {
	return []string{
		"--kubeconfig=" + r.kubeconfigOf(scheduler),
		"--bind-address=127.0.0.1",
		"--secure-port=0",
		"--leader-elect=false",
		"--kube-api-qps=300",
		"--kube-api-burst=600",
	}
}

// kwokArguments take the stages for nodes and pods from the folder of the binaries; kwok has the same ones
// built in, which serve when that folder has none. The address range is for the pods of all nodes.
func (r *record) kwokArguments() []string {
	arguments := []string{
		"--kubeconfig=" + r.kubeconfigOf(kwok),
		fmt.Sprintf("--server-address=127.0.0.1:%d", r.Ports.Kwok),
		"--manage-all-nodes=true",
		"--node-lease-duration-seconds=0",
		"--cidr=10.244.0.1/16",
	}
	// The only error Glob has is a malformed pattern, and it then finds nothing, as with no such folder.
	stages, _ := filepath.Glob(filepath.Join(r.Binaries, "stages", "*.yaml"))
	for _, file := range append(stages, r.Stages...) {
		arguments = append(arguments, "--config="+file)
	}
	return arguments
}
