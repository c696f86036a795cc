variable "project_id" {
  type = string
}

variable "region" {
  type = string
}

variable "name" {
  type = string
}

variable "ip_range" {
  type = string
}

variable "nat" {
  description = "VMs reach the internet; costs by the VM and hour."
  type        = bool
}
