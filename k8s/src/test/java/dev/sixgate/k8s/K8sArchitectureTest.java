package dev.sixgate.k8s;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.sixgate.k8s", importOptions = ImportOption.DoNotIncludeTests.class)
class K8sArchitectureTest {
    @ArchTest
    static final ArchRule nothing_else_of_ours_is_used = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.sixgate.mesh..", "dev.sixgate.edge..", "dev.sixgate.certs..")
            .because("the operator's JSON is the contract; put what the edge must know into a document");

    @ArchTest
    static final ArchRule translation_does_no_io = noClasses()
            .that()
            .resideInAnyPackage("dev.sixgate.k8s", "..k8s.mapping..", "..k8s.manifest..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..k8s.watch..",
                    "io.fabric8.kubernetes.client",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.net.http..",
                    "java.time..",
                    "java.util.concurrent..")
            .because("objects come in and documents go out; move the I/O and the clock to k8s.watch");
}
