// Package cluster starts and stops a whole Kubernetes control plane on this machine, detached from the
// program that starts it: etcd and kube-apiserver, and on request kube-controller-manager, kube-scheduler
// and kwok, which plays the nodes and the pods on them. No container engine and no download of binaries:
// hack/build-k8s.sh compiles the programs once into bin/k8s.
//
// One cluster is one folder, and the folder is all there is to it:
//
//	cluster.json       what was asked for, the ports, and whether the start was completed
//	kubeconfig         the administrator's
//	pki/, *.kubeconfig the cluster's own authority, and the programs' identities
//	<program>.pid/log  one of each per program; audit.log with an audit policy
//	etcd/              the data
//
// Up and Down of one folder exclude each other across processes by a lock on the folder itself, so no lock
// file outlives a cluster. A pid is only signalled when the process's command line names the folder, so a
// pid that was given to somebody else after a reboot is left alone.
//
// Everything listens on 127.0.0.1, on ports the kernel chose. Several clusters may run at once.
package cluster
