# An image with what `binhdan kb import` made on one machine, for all machines of a deployment:
#     docker build -f deploy/image/imports.Dockerfile -t binhdan:0.1.0-lam-dong var
# (`var` is the data folder; only its `imported` is read.)

ARG IMAGE=binhdan:0.1.0
FROM ${IMAGE}
USER 0
COPY imported /opt/binhdan/baked/imported
RUN /opt/binhdan/bake.sh
USER 10001:10001
